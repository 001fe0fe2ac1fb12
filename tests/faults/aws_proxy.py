"""A proxy before LocalStack that can refuse, lose, repeat or swallow a function's AWS calls."""

import contextlib
import hashlib
import http.client
import json
import socket
import threading
import time
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, override

from embedded.ports import LOOPBACK
from tests.faults.callers import Caller, Callers
from tests.faults.trips import Ask, Fault, Trip

_HOP = {"host", "connection", "keep-alive", "transfer-encoding", "content-length"}
_BEFORE = (Fault.CUT_BEFORE, Fault.KILL_BEFORE)
_AFTER = (Fault.CUT_AFTER, Fault.KILL_AFTER)


@dataclass(frozen=True)
class Reply:
    """What the caller gets."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class AwsProxy:
    """Listens while it is entered; `ask` names the fault of each call, None for none."""

    def __init__(self, port: int, endpoint_port: int, callers: Callers, ask: Ask) -> None:
        self._port = port
        self._handler: type[_Handler] = type(
            "Handler", (_Handler,), {"callers": callers, "ask": staticmethod(ask)}
        )
        self.lead_to(endpoint_port)

    def lead_to(self, endpoint_port: int) -> None:
        """From now on calls go there: LocalStack may come back on another port."""
        self._handler.endpoint_port = endpoint_port

    def __enter__(self) -> Self:
        """Begins to listen."""
        self._server = _Server((LOOPBACK, self._port), self._handler)
        threading.Thread(target=self._server.serve_forever, name="aws-proxy", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends listening."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up is what this proxy is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    endpoint_port: int
    callers: Callers
    ask: Ask

    @override
    def setup(self) -> None:
        super().setup()
        self._caller: Caller = self.callers.behind(
            self.client_address[1], self.connection.getsockname()[1]
        )

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""

    def do_POST(self) -> None:
        """Passes a call on, unless something befalls it."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        action = self.headers.get("X-Amz-Target", self.path).rpartition(".")[2]
        fault = self.ask(Trip(self._caller.function, "aws", action))
        if fault in _BEFORE:
            return self._end(fault)
        reply = _invented(fault, action, body) or self._forward(body)
        if fault == Fault.THRICE:
            reply = [self._forward(body), self._forward(body)][-1]
        if fault in _AFTER:
            return self._end(fault)
        self._answer(reply)

    do_GET = do_POST

    def _forward(self, body: bytes) -> Reply:
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
        connection = http.client.HTTPConnection(LOOPBACK, self.endpoint_port, timeout=60)
        with contextlib.closing(connection):
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        kept = [(k, v) for k, v in answer.getheaders() if k.lower() not in _HOP]
        return Reply(answer.status, kept, content)

    def _answer(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _end(self, fault: Fault) -> None:
        if fault in (Fault.KILL_BEFORE, Fault.KILL_AFTER):
            self._caller.kill()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def _invented(fault: Fault | None, action: str, body: bytes) -> Reply | None:
    match fault:
        case Fault.REFUSED:
            return _json(500, {"__type": "InternalFailure", "message": "out of order"})
        case Fault.THROTTLED:
            return _json(400, {"__type": "ThrottlingException", "message": "Rate exceeded"})
        case Fault.SWALLOWED:
            return _json(200, _believed(action, json.loads(body)))
        case _:
            return None


def _believed(action: str, asked: dict[str, Any]) -> dict[str, Any]:
    """What the service would say to a call that it never gets."""
    match action:
        case "SendMessage":
            return _sent(asked["MessageBody"])
        case "SendMessageBatch":
            entries = asked["Entries"]
            return {"Successful": [{"Id": e["Id"], **_sent(e["MessageBody"])} for e in entries]}
        case "StartExecution":
            machine = asked["stateMachineArn"].replace(":stateMachine:", ":execution:")
            return {"executionArn": f"{machine}:{asked['name']}", "startDate": time.time()}
        case _:
            raise ValueError(f"{action} cannot be swallowed")


def _sent(text: str) -> dict[str, str]:
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return {"MessageId": str(uuid.uuid4()), "MD5OfMessageBody": digest}


def _json(status: int, document: dict[str, Any]) -> Reply:
    headers = [("Content-Type", "application/x-amz-json-1.0")]
    return Reply(status, headers, json.dumps(document).encode())
