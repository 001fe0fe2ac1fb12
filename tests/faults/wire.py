"""The little of the Postgres wire protocol that shows where statements begin and end."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SSL_REQUEST, _GSS_REQUEST = 80877103, 80877104
_CANCEL_REQUEST = 80877102
_QUERY, _PARSE, _SYNC, _FLUSH, _FUNCTION_CALL = b"Q", b"P", b"S", b"H", b"F"
_STARTING = frozenset({b"p", b"X", b"d", b"c", b"f"})
READY = b"Z"
_TABLES = re.compile(
    r"\b(INSERT INTO|UPDATE|DELETE FROM|FROM|JOIN)\s+(?!unnest|nextval|SET\b)(\w+)", re.I
)
_NAMED = re.compile(r"\b(\w+) AS (?:MATERIALIZED )?\(", re.I)


@dataclass(frozen=True)
class Passing:
    """Bytes that ask for no answer of their own: start-up, password, goodbye."""

    data: bytes


@dataclass(frozen=True)
class Request:
    """Everything up to the point at which the server answers and is ready again.

    A `greeting` begins a session; it is talked over with messages that are Passing.
    """

    data: bytes
    sql: str
    greeting: bool = False


class Frontend:
    """Cuts what a client sends into requests."""

    def __init__(self) -> None:
        self._unread = b""
        self._started = False
        self._group = b""
        self._sql = ""
        self.wants_encryption = False

    def feed(self, data: bytes) -> Iterator[Passing | Request]:
        """What is complete now."""
        self._unread += data
        while (size := self._size()) and len(self._unread) >= size:
            message, self._unread = self._unread[:size], self._unread[size:]
            if not self._started:
                yield self._start(message)
            elif (found := self._take(message)) is not None:
                yield found

    def _size(self) -> int:
        """Length of the next message, 0 while that is not known."""
        head = 0 if not self._started else 1
        if len(self._unread) < head + 4:
            return 0
        return head + int.from_bytes(self._unread[head : head + 4])

    def _start(self, message: bytes) -> Passing | Request:
        code = int.from_bytes(message[4:8])
        self.wants_encryption = code in (_SSL_REQUEST, _GSS_REQUEST)
        self._started = not self.wants_encryption and code != _CANCEL_REQUEST
        return Request(message, "connect", greeting=True) if self._started else Passing(message)

    def _take(self, message: bytes) -> Passing | Request | None:
        kind = message[:1]
        if kind in _STARTING:
            return Passing(message)
        self._group += message
        if kind in (_QUERY, _PARSE) and not self._sql:
            self._sql = _text(message)
        if kind == _FLUSH:
            data, self._group = self._group, b""
            return Passing(data)
        if kind not in (_QUERY, _SYNC, _FUNCTION_CALL):
            return None
        whole, self._group, self._sql = Request(self._group, self._sql), b"", ""
        return whole


class Backend:
    """Cuts what a server sends into messages."""

    def __init__(self) -> None:
        self._unread = b""

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Type and bytes of each message that is complete now."""
        self._unread += data
        start = 0
        while len(self._unread) >= start + 5:
            end = start + 1 + int.from_bytes(self._unread[start + 1 : start + 5])
            if len(self._unread) < end:
                break
            yield self._unread[start : start + 1], self._unread[start:end]
            start = end
        self._unread = self._unread[start:]


def summary(sql: str) -> str:
    """What a statement does to which tables, in a few words: no values, no whole statement."""
    parts = set(_NAMED.findall(sql))
    found: dict[str, None] = {}
    for verb, table in _TABLES.findall(sql):
        if table not in parts:
            found.setdefault(f"{verb.split()[0].replace('JOIN', 'FROM').lower()} {table}")
    first_word = sql.split(None, 1)[0].lower() if sql.split() else "?"
    return ", ".join(found) or first_word


def _text(message: bytes) -> str:
    """The statement in a Query or Parse message."""
    fields = message[5:].split(b"\0")
    return fields[0 if message[:1] == _QUERY else 1].decode(errors="replace")
