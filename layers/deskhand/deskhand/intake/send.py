"""Sends right after the commit. A failure here only delays a ticket: the relay sends it later."""

from collections.abc import Sequence
from itertools import batched

from botocore.exceptions import BotoCoreError, ClientError

from deskhand.intake import queue
from deskhand.logs import log
from deskhand.store import outbox
from deskhand.store.connection import Connection, StoreError
from deskhand.store.outbox import AnyMessage


def send_now(conn: Connection, messages: Sequence[AnyMessage]) -> None:
    """Sends the messages and records them as sent, up to the first batch that the queue rejects."""
    for batch in batched(messages, queue.BATCH, strict=False):
        if not _sent(conn, batch):
            return


def _sent(conn: Connection, batch: Sequence[AnyMessage]) -> bool:
    first = {"run_id": batch[0].run_id}
    try:
        taken = _taken(batch)
    except (BotoCoreError, ClientError) as error:
        log.warning("not queued yet", extra={**first, "error": type(error).__name__})
        return False
    try:
        outbox.mark_sent(conn, taken)
    except StoreError as error:
        log.warning("not marked yet", extra={**first, "error": type(error).__name__})
        return False
    return True


def _taken(batch: Sequence[AnyMessage]) -> Sequence[AnyMessage]:
    if len(batch) > 1:
        return queue.send_all(batch)
    queue.send(batch[0])
    return batch
