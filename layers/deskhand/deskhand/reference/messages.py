"""Operations on the conversation about a ticket, and their answers."""

from datetime import datetime

from pydantic import Field

from deskhand.reference.operation import Operation, Reply
from deskhand.reference.prepared import ExactObject
from deskhand.ticket import MessageKind
from deskhand.tickets.messages import MAX_MESSAGE, MessagesQuery, NewMessage


class AddedMessage(ExactObject):
    """A message that is stored."""

    id: int = Field(ge=1)
    kind: MessageKind
    at: datetime


class Message(AddedMessage):
    """What somebody wrote about a ticket."""

    written_by: str
    body: str = Field(max_length=MAX_MESSAGE, description="Secrets are hidden")


class Messages(ExactObject):
    """A part of the conversation, in order."""

    messages: list[Message]


MESSAGES = (
    Operation(
        "GET", "/tickets/{ticket_id}/messages", "list_messages",
        "Read the conversation",
        {
            200: Reply("Messages in order.", Messages, ("ETag",)),
            304: Reply("There is no other message.", None, ("ETag",)),
        },
        detail="Customers see replies and answers, no notes. As long as there are `limit` messages"
        " in an answer there may be more, `after` the last.",
        headers={"If-None-Match": False}, query=MessagesQuery,
    ),
    Operation(
        "POST", "/tickets/{ticket_id}/messages", "post_message",
        "Write a message",
        {201: Reply("It is stored.", AddedMessage, ("Idempotency-Replayed",))},
        detail="The requester reads replies here: nothing is mailed. A first reply is a response"
        " for the clock. An answer opens a ticket again that is pending or solved.",
        problems={
            409: "The ticket is closed, or has no such draft any more; or the first request with"
            " this Idempotency-Key is still in flight.",
            422: "The body is not valid, or the caller does not write this kind; or the"
            " Idempotency-Key was used for another request.",
        },
        headers={"Idempotency-Key": False}, body=NewMessage,
        example={"kind": "reply", "body": "Your VPN profile was out of date. Please try again."},
    ),
    Operation(
        "DELETE", "/tickets/{ticket_id}/draft", "delete_draft",
        "Remove the proposed reply",
        {204: Reply("The ticket has no draft.")},
        problems={412: "If-Match is stale."},
        headers={"If-Match": False},
    ),
)  # fmt: skip
