"""Forwards connections from containers to programs that listen only on the loopback interface."""

import contextlib
import shutil
import socket
import socketserver
import threading
from collections.abc import Iterator

from embedded.ports import LOOPBACK


@contextlib.contextmanager
def forward(address: str, port: int) -> Iterator[None]:
    """Forward connections from `address`:`port` to the same port of the loopback interface."""
    try:
        server = _Server((address, port), _Connection)
    except OSError:
        # The address is not one of this machine: Docker runs in a virtual machine (Docker Desktop),
        # which connects its containers to our loopback interface itself.
        yield
        return
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class _Connection(socketserver.BaseRequestHandler):
    request: socket.socket

    def handle(self) -> None:
        port = self.request.getsockname()[1]
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port)) as inner:
            back = threading.Thread(target=_copy, args=(inner, self.request), daemon=True)
            back.start()
            _copy(self.request, inner)
            back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        shutil.copyfileobj(source.makefile("rb", 0), sink.makefile("wb", 0))
        sink.shutdown(socket.SHUT_WR)
