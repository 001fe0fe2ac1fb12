"""The events of an environment's runtime, in the order in which they happen."""

from dataclasses import dataclass
from queue import SimpleQueue


@dataclass(frozen=True)
class Ready:
    """Init has ended: the runtime asks for its first invocation."""


@dataclass(frozen=True)
class InitFailed:
    """Init has ended: the runtime reports why the handler cannot be used."""

    payload: bytes


@dataclass(frozen=True)
class Answered:
    """The handler returned or raised."""

    request_id: str
    payload: bytes
    failed: bool


@dataclass(frozen=True)
class AnswerTooLarge:
    """The handler returned more than Lambda accepts."""

    request_id: str


@dataclass(frozen=True)
class Exited:
    """The process has ended; a negative status is a signal, as in subprocess."""

    status: int


Event = Ready | InitFailed | Answered | AnswerTooLarge | Exited
Mailbox = SimpleQueue[Event]
