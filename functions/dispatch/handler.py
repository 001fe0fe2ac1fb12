"""Starts one execution for each attempt of a run, even if SQS repeats or reorders messages."""

import time
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from deskhand.intake.queue import REQUEST_ID
from deskhand.logs import log
from deskhand.workflow.dispatch import WAIT_SECONDS, dispatch
from deskhand.workflow.executions import step_functions


class Processor(BatchProcessor):
    """Returns single messages to the queue, never a whole batch, and logs the reason."""

    def failure_handler(self, record: Any, exception: Any) -> Any:
        """Logs only the error's name: its message may quote a text from the queue."""
        named = {"message_id": record.message_id, "error": exception[0].__name__}
        log.warning("message comes back", extra=named)
        return super().failure_handler(record, exception)


# Built at init, where Lambda gives more CPU than during a request.
step_functions()
processor = Processor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def handler(event: dict[str, Any], context: Any) -> Any:
    """Starts the messages' executions; returns the messages that SQS must deliver again."""
    deadline = time.monotonic() + WAIT_SECONDS

    def start(record: SQSRecord) -> None:
        beside = record.message_attributes[REQUEST_ID]
        dispatch(
            record.message_id,
            record.body,
            deadline,
            beside.string_value if beside else None,
            record.attributes.aws_trace_header,
        )

    return process_partial_response(
        event=event, record_handler=start, processor=processor, context=context
    )
