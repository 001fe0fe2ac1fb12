"""A real HTTP server that speaks as OpenAI and as Ollama do, and misbehaves on demand."""

import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

type Act = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Records a request and does what the server's script says next."""

    protocol_version = "HTTP/1.1"
    server: "ModelServer"

    def setup(self) -> None:
        self.server.connections += 1
        super().setup()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, dict(self.headers), json.loads(body)))
        script = self.server.script
        (script.pop(0) if len(script) > 1 else script[0])(self)

    def send(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class ModelServer(ThreadingHTTPServer):
    """Plays its script, one act a request; the last act is repeated."""

    daemon_threads = True

    def __init__(self, *script: Act) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = list(script)
        self.connections = 0
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # the client hanging up is what many of these tests are about

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


def says(text: str, *, finish: str = "stop") -> Act:
    """An ordinary answer with this content."""

    def act(handler: Handler) -> None:
        handler.send(200, envelope(handler.path, text, finish))

    return act


def envelope(path: str, text: str, finish: str = "stop") -> bytes:
    if path == "/api/chat":
        answer: dict[str, Any] = {
            "model": "m",
            "message": {"role": "assistant", "content": text},
            "done": True,
            "done_reason": finish,
            "prompt_eval_count": 11,
            "eval_count": 7,
        }
    else:
        message = {"role": "assistant", "content": text, "refusal": None}
        answer = {
            "id": "c-1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
        }
    return json.dumps(answer).encode()


def refuses() -> Act:
    """OpenAI's way to decline."""
    message = {"role": "assistant", "content": None, "refusal": "I cannot help with that."}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return answers(200, {"id": "c", "object": "chat.completion", "choices": [choice]})


def answers(status: int, body: object) -> Act:
    return lambda handler: handler.send(status, json.dumps(body).encode())


def sends(body: bytes, kind: str = "application/json") -> Act:
    return lambda handler: handler.send(200, body, kind)


def hangs(seconds: float = 3.0) -> Act:
    return lambda handler: time.sleep(seconds)


def drips(text: str, *, headers_too: bool = False) -> Act:
    """The right answer, a byte every 50 ms: never idle for long, never done."""

    def act(handler: Handler) -> None:
        body = envelope(handler.path, text)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        start = 0 if headers_too else len(head) + 4
        whole = head.encode() + b"\r\n\r\n" + body
        handler.wfile.write(whole[:start])
        for offset in range(start, len(whole)):
            handler.wfile.write(whole[offset : offset + 1])
            time.sleep(0.05)

    return act


def resets() -> Act:
    def act(handler: Handler) -> None:
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        os.close(handler.connection.detach())

    return act
