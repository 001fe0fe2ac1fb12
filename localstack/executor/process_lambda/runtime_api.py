"""The Lambda runtime API for one process, which gets invocations and posts their outcomes."""

import contextlib
import socket
import socketserver
import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from queue import SimpleQueue
from typing import override

from process_lambda.events import Answered, AnswerTooLarge, InitFailed, Mailbox, Ready

RESPONSE_LIMIT = 6 * 1024 * 1024 + 100
_INVOCATION = "/2018-06-01/runtime/invocation/"
_INIT_ERROR = "/2018-06-01/runtime/init/error"


@dataclass(frozen=True)
class Request:
    """An invocation as the runtime receives it."""

    request_id: str
    function_arn: str
    payload: bytes
    trace_id: str


class RuntimeApi(socketserver.ThreadingTCPServer):
    """Serves one runtime process on a port of its own, and reports its answers to the mailbox."""

    daemon_threads = True

    def __init__(self, mailbox: Mailbox) -> None:
        """Listen on a free port and start to serve."""
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.mailbox = mailbox
        self.asked = threading.Event()
        self.taken = ""
        self._pending: SimpleQueue[tuple[Request, int] | None] = SimpleQueue()
        self._closed = False
        threading.Thread(target=self._accept, name="lambda-runtime-api", daemon=True).start()

    @property
    def address(self) -> str:
        """The value of AWS_LAMBDA_RUNTIME_API."""
        return f"127.0.0.1:{self.server_address[1]}"

    def offer(self, request: Request, deadline_ms: int) -> None:
        """Give the runtime this invocation as its next one."""
        self.taken = ""
        self._pending.put((request, deadline_ms))

    def next_invocation(self, runtime: socket.socket) -> tuple[Request, int] | None:
        """Wait for an invocation; None once the API is closed or the runtime has gone."""
        item = self._pending.get()
        if item is not None and _has_gone(runtime):
            self._pending.put(item)
            return None
        self.taken = item[0].request_id if item else ""
        return item

    def close(self) -> None:
        """Close the port and release every waiting request."""
        self._closed = True
        self._pending.put(None)
        # Closing the socket does not wake a blocked accept; a connection does.
        with contextlib.suppress(OSError), socket.create_connection(self.socket.getsockname()):
            pass
        self.server_close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                connection, address = self.get_request()
            except OSError:
                return
            self.process_request(connection, address)

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a killed runtime breaks its connection, and its exit is noticed elsewhere."""


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one write
    server: RuntimeApi

    def do_GET(self) -> None:
        """Long poll for the next invocation."""
        if self.path != f"{_INVOCATION}next":
            return self._reply(HTTPStatus.NOT_FOUND)
        if not self.server.asked.is_set():
            self.server.asked.set()
            self.server.mailbox.put(Ready())
        item = self.server.next_invocation(self.connection)
        if item is None:
            self.close_connection = True
            return None
        return self._reply(HTTPStatus.OK, item[0].payload, _headers(*item))

    def do_POST(self) -> None:
        """Take the outcome of an invocation or of the init phase."""
        body = self._body()
        request_id, _, kind = self.path.removeprefix(_INVOCATION).partition("/")
        if self.path == _INIT_ERROR:
            self.server.mailbox.put(InitFailed(body))
        elif kind == "response" and len(body) > RESPONSE_LIMIT:
            self.server.mailbox.put(AnswerTooLarge(request_id))
            return self._reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif kind in ("response", "error"):
            self.server.mailbox.put(Answered(request_id, body, failed=kind == "error"))
        else:
            return self._reply(HTTPStatus.NOT_FOUND)
        return self._reply(HTTPStatus.ACCEPTED)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _reply(
        self, status: HTTPStatus, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: one line per invocation would fill LocalStack's own log."""


def _has_gone(runtime: socket.socket) -> bool:
    """Whether the other end is closed, as the system does when a process ends."""
    try:
        return runtime.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _headers(request: Request, deadline_ms: int) -> dict[str, str]:
    headers = {
        "Lambda-Runtime-Aws-Request-Id": request.request_id,
        "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
        "Lambda-Runtime-Invoked-Function-Arn": request.function_arn,
    }
    return headers | ({"Lambda-Runtime-Trace-Id": request.trace_id} if request.trace_id else {})
