"""SQS → one execution for each attempt of a run, whatever the queue does with its messages."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from deskhand.dispatch import dispatch
from deskhand.executions import step_functions

# Built at init, where Lambda lends more CPU than a request gets.
step_functions()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def record_handler(record: SQSRecord) -> None:
    """Starts the execution that the message asks for; an error returns the message to the queue."""
    dispatch(record.body)


def handler(event: dict[str, Any], context: Any) -> Any:
    """The Lambda entry point: lists the messages that must come back."""
    return process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )
