"""An event source mapping handles one batch at a time.

LocalStack reads a queue with one thread, which waits for the end of each batch, whatever
MaximumConcurrency says. Repaired: more threads read the same queue, as many as MaximumConcurrency
allows (five without it, which is AWS's initial number), but at most ten, which is as much as one
LocalStack can handle. FIFO queues keep their single reader.
"""

import logging
import threading
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.services.lambda_.event_source_mapping.esm_worker import EsmWorker
from localstack.services.lambda_.event_source_mapping.pollers.poller import (
    EmptyPollResultsException,
)
from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller

from localstack import config

LOG = logging.getLogger(__name__)

_DEFAULT_POLLERS = 5
_MOST_POLLERS = 10
_ERROR_PAUSE_SECONDS = 2.0


def apply() -> None:
    """Start more readers wherever LocalStack starts its own."""
    start_first = EsmWorker.start

    def start(worker: EsmWorker) -> None:
        start_first(worker)
        for number in range(2, _wanted_pollers(worker) + 1):
            name = f"event-source-mapping-poller-{worker.uuid}-{number}"
            current = worker._poller_thread
            threading.Thread(target=_read, args=(worker, current), name=name, daemon=True).start()

    EsmWorker.start = start


def _wanted_pollers(worker: Any) -> int:
    if not isinstance(worker.poller, SqsPoller) or worker.poller.is_fifo_queue:
        return 1
    scaling = worker.esm_config.get("ScalingConfig") or {}
    return min(int(scaling.get("MaximumConcurrency", _DEFAULT_POLLERS)), _MOST_POLLERS)


def _read(worker: Any, started_with: object) -> None:
    pause = 0.0
    # A mapping that is switched off and on again gets new readers.
    while not worker._shutdown_event.wait(pause) and worker._poller_thread is started_with:
        pause = _read_once(worker, pause)


def _read_once(worker: Any, pause: float) -> float:
    busy = float(config.LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC)
    longest = float(config.LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC)
    try:
        worker.poller.poll_events()
    except EmptyPollResultsException:
        return min(max(busy, pause * 2), longest)
    except (BotoCoreError, ClientError) as error:
        LOG.debug("Reading the queue of mapping %s failed: %s", worker.uuid, error)
        return _ERROR_PAUSE_SECONDS
    return busy
