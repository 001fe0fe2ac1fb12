"""What goes wrong with models, as acts of a ModelServer."""

import json
import os
import socket
import struct
import time
from email.utils import formatdate

from deskhand.errors import DeskhandError, ModelRateLimited, ModelRefused, ModelUnavailable
from tests.patience import HUNG_SECONDS
from tests.wire.models.model_server import Act, Handler, envelope

_DRIP_SECONDS = 0.05


def answers(status: int, body: object, **headers: str) -> Act:
    """Any status and JSON body; an underscore in a header's name stands for a hyphen."""
    return lambda handler: handler.send(status, json.dumps(body).encode(), **headers)


STATUSES: dict[str, tuple[Act, type[DeskhandError]]] = {
    "429": (answers(429, {"error": {"message": "slow down"}}), ModelRateLimited),
    "500": (answers(500, {"error": "boom"}), ModelUnavailable),
    "503": (answers(503, {"error": "boom"}), ModelUnavailable),
    "408": (answers(408, {}), ModelUnavailable),
    "401": (answers(401, {"error": {"message": "bad key sk-secret"}}), ModelRefused),
    "403": (answers(403, {"message": "bad key sk-secret"}), ModelRefused),
    "404": (answers(404, {"error": "model 'm' not found"}), ModelRefused),
}


def sends(body: bytes, kind: str = "application/json") -> Act:
    """Any bytes as the body of a 200."""
    return lambda handler: handler.send(200, body, Content_Type=kind)


def refuses() -> Act:
    """Each provider's own way to decline."""

    def act(handler: Handler) -> None:
        sorry = "I'm sorry, but I cannot help with that."
        answer = json.loads(envelope(handler.path, sorry))
        if handler.path.endswith("/converse"):
            answer["stopReason"] = "guardrail_intervened"
        elif "choices" in answer:
            answer["choices"][0]["message"] |= {"content": None, "refusal": sorry}
        handler.send(200, json.dumps(answer).encode())

    return act


def busy(seconds: str) -> Act:
    """429 with Retry-After; `date+N` for a date N seconds from now."""
    head, _, later = seconds.partition("+")
    said = formatdate(time.time() + int(later), usegmt=True) if head == "date" else seconds
    return answers(429, {"error": {"message": "slow down"}}, Retry_After=said)


def hangs() -> Act:
    """No answer, as long as the test goes on; the server tells of a client that waits for it."""

    def act(handler: Handler) -> None:
        if not handler.server.over.wait(HUNG_SECONDS):
            handler.server.waited_out = True

    return act


def drips(text: str, *, headers_too: bool = False) -> Act:
    """The right answer, a byte every 50 ms: never idle for long, and done when others hang."""

    def act(handler: Handler) -> None:
        body = envelope(handler.path, text) + b" " * round(HUNG_SECONDS / _DRIP_SECONDS)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        start = 0 if headers_too else len(head) + 4
        whole = head.encode() + b"\r\n\r\n" + body
        handler.wfile.write(whole[:start])
        for offset in range(start, len(whole)):
            handler.wfile.write(whole[offset : offset + 1])
            if handler.server.over.wait(_DRIP_SECONDS):
                return
        handler.server.waited_out = True

    return act


def breaks_off(text: str) -> Act:
    """The right answer, but the connection ends in the middle of it."""

    def act(handler: Handler) -> None:
        body = envelope(handler.path, text)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        handler.close_connection = True

    return act


def resets() -> Act:
    """A TCP reset in place of an answer."""

    def act(handler: Handler) -> None:
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        os.close(handler.connection.detach())

    return act
