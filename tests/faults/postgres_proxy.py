"""A proxy before Postgres that knows where statements end, and can disturb any one of them."""

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

from embedded.ports import LOOPBACK
from tests.faults.callers import Caller, Callers
from tests.faults.trips import Ask, Fault, Trip
from tests.faults.wire import READY, Backend, Frontend, Request, summary

_CHUNK = 65536
_BEFORE = (Fault.CUT_BEFORE, Fault.KILL_BEFORE, Fault.TORN_REQUEST)


class PostgresProxy:
    """Listens while it is entered; `ask` names the fault of each statement, None for none."""

    def __init__(self, port: int, server_port: int, callers: Callers, ask: Ask) -> None:
        self.port, self._server_port = port, server_port
        self._callers, self._ask = callers, ask
        self._flowing = threading.Event()
        self._flowing.set()
        self._open: set[_Connection] = set()

    def __enter__(self) -> Self:
        """Begins to listen."""
        self._listener = socket.create_server((LOOPBACK, self.port), backlog=128)
        threading.Thread(target=self._accept, name="postgres-proxy", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends listening and every connection."""
        # Closing alone does not wake the thread that accepts.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._flowing.set()
        self.cut_all()

    @contextlib.contextmanager
    def blackhole(self) -> Iterator[None]:
        """Nothing passes in either direction, and nobody is told; then it flows on."""
        self._flowing.clear()
        try:
            yield
        finally:
            self._flowing.set()

    def cut_all(self, function: str | None = None) -> int:
        """Ends every connection, or those of a function; returns how many there were."""
        connections = [c for c in list(self._open) if function in (None, c.function)]
        for each in connections:
            each.cut()
        return len(connections)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, address = self._listener.accept()
                threading.Thread(target=self._serve, args=(client, address[1]), daemon=True).start()

    def _serve(self, client: socket.socket, client_port: int) -> None:
        self._flowing.wait()
        try:
            server = socket.create_connection((LOOPBACK, self._server_port), timeout=5)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        caller = self._callers.behind(client_port, self.port)
        connection = _Connection(client, server, caller, self._ask, self._flowing)
        self._open.add(connection)
        try:
            connection.run()
        finally:
            self._open.discard(connection)


@dataclass
class _Pending:
    """A request whose answer is awaited."""

    fault: Fault | None
    greeting: bool = False
    held: list[bytes] = field(default_factory=list)


class _Connection:
    """One client's connection: a thread for each direction."""

    def __init__(
        self,
        client: socket.socket,
        server: socket.socket,
        caller: Caller,
        ask: Ask,
        flowing: threading.Event,
    ) -> None:
        self._client, self._server = client, server
        self.function = caller.function
        self._caller, self._ask, self._flowing = caller, ask, flowing
        self._pending: deque[_Pending] = deque()
        self._frontend = Frontend()

    def run(self) -> None:
        """Passes on until one side ends."""
        back = threading.Thread(target=self._pass, args=(self._answers,), daemon=True)
        back.start()
        self._pass(self._requests)
        back.join()
        self._client.close()
        self._server.close()

    def cut(self) -> None:
        """Ends both sides; whoever waits on them wakes up."""
        for each in (self._client, self._server):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _pass(self, direction: Callable[[], None]) -> None:
        try:
            direction()
        except OSError:
            pass
        finally:
            self.cut()

    def _requests(self) -> None:
        for data in self._received(self._client):
            for unit in self._frontend.feed(data):
                if not isinstance(unit, Request):
                    self._server.sendall(unit.data)
                elif not self._send(unit):
                    return

    def _send(self, request: Request) -> bool:
        """Whether the connection goes on."""
        fault = self._ask(Trip(self._caller.function, "sql", summary(request.sql)))
        self._flowing.wait()
        if fault in _BEFORE:
            if fault == Fault.TORN_REQUEST:
                self._server.sendall(request.data[: len(request.data) // 2])
            elif fault == Fault.KILL_BEFORE:
                self._caller.kill()
            return False
        self._pending.append(_Pending(fault, request.greeting))
        self._server.sendall(request.data)
        return True

    def _answers(self) -> None:
        backend = Backend()
        for data in self._received(self._server):
            if self._frontend.wants_encryption:
                # A single letter answers the question for encryption: none is offered here.
                self._frontend.wants_encryption = False
                self._client.sendall(data)
                continue
            passing = b"".join(
                message for kind, message in backend.feed(data) if not self._kept(kind, message)
            )
            if passing:
                self._client.sendall(passing)
            if self._pending and self._pending[0].fault and self._over(self._pending[0]):
                return

    def _kept(self, kind: bytes, message: bytes) -> bool:
        """Whether this message is part of an answer that the client must not get."""
        if not self._pending:
            return False
        awaited = self._pending[0]
        # The client must have its part in the greeting, up to the last word.
        if awaited.fault and (kind == READY or not awaited.greeting):
            awaited.held.append(message)
            return True
        if kind == READY:
            self._pending.popleft()
        return False

    def _over(self, disturbed: _Pending) -> bool:
        """Whether the server has done what was asked; then comes what was to befall the answer."""
        answer = b"".join(disturbed.held)
        if not disturbed.held or disturbed.held[-1][:1] != READY:
            return False
        if disturbed.fault == Fault.TORN_REPLY:
            self._client.sendall(answer[: len(answer) // 2])
        elif disturbed.fault == Fault.KILL_AFTER:
            self._caller.kill()
        return True

    def _received(self, side: socket.socket) -> Iterator[bytes]:
        while data := side.recv(_CHUNK):
            self._flowing.wait()
            yield data
