"""A real HTTP server that speaks as OpenAI, Ollama and Bedrock do; its faults are in faults.py."""

import json
import socket
import threading
from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

type Act = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Records a request and does what the server's script says next."""

    protocol_version = "HTTP/1.1"
    # Head and body go out one after the other; without this the second waits for 40 ms.
    disable_nagle_algorithm = True
    server: "ModelServer"

    def setup(self) -> None:
        self.server.connections += 1
        self.server.open.append(self.request)
        super().setup()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        self.server.requests.append((self.path, self.headers, json.loads(body)))
        script = self.server.script
        (script.pop(0) if len(script) > 1 else script[0])(self)

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        given = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, value in (given | {n.replace("_", "-"): v for n, v in headers.items()}).items():
            self.send_header(name, value)
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
        self.open: list[socket.socket] = []
        self.bodies: list[bytes] = []
        self.requests: list[tuple[str, Message, dict[str, Any]]] = []
        # Set when the test is over: acts that hang end then.
        self.over = threading.Event()
        self.waited_out = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def asked(self) -> list["Asked"]:
        """The requests, whatever format they came in."""
        return [Asked(path, body) for path, _, body in self.requests]

    def hang_up(self) -> None:
        """Close every connection that clients keep."""
        for connection in self.open:
            connection.shutdown(socket.SHUT_RDWR)
        self.open.clear()

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # the client hanging up is what many of these tests are about

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()
        assert not self.waited_out, "a client waited for an answer that never comes"


class Asked:
    """What a request asks, in one form for all wire formats."""

    def __init__(self, path: str, body: dict[str, Any]) -> None:
        self.system, self.messages, self.options = "", list(body["messages"]), body
        if path.endswith("/converse"):
            self.system = body["system"][0]["text"]
            self.messages = [
                {"role": m["role"], "content": m["content"][0]["text"]} for m in self.messages
            ]
            self.schema = body["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"]
            extra = body.get("additionalModelRequestFields", {})
            self.options = body["inferenceConfig"] | body["toolConfig"] | extra
        else:
            self.system = self.messages.pop(0)["content"]
            form = body.get("format") or body.get("response_format", {}).get("json_schema", {})
            self.schema = form.get("schema", form)
            self.options = body.get("options", body)

    @property
    def last(self) -> str:
        """The newest message."""
        return str(self.messages[-1]["content"])


def says(text: str, *, finish: str = "stop") -> Act:
    """An ordinary answer with this content."""

    def act(handler: Handler) -> None:
        handler.send(200, envelope(handler.path, text, finish))

    return act


def envelope(path: str, text: str, finish: str = "stop") -> bytes:
    """A text as a model's answer, in the format that belongs to the path."""
    if path == "/api/chat":
        return json.dumps(_ollama(text, finish)).encode()
    if path.endswith("/converse"):
        return _bedrock(text, finish)
    return json.dumps(_openai(text, finish)).encode()


def _ollama(text: str, finish: str) -> dict[str, Any]:
    return {
        "model": "m",
        "created_at": "2026-01-01T00:00:00Z",
        "message": {"role": "assistant", "content": text},
        "done": True,
        "done_reason": finish,
        "prompt_eval_count": 11,
        "eval_count": 7,
    }


def _openai(text: str, finish: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, "refusal": None}
    return {
        "id": "c-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }


def _bedrock(text: str, finish: str) -> bytes:
    """The text as the tool's input when it is JSON, put in as it stands; else as words."""
    usage = {"inputTokens": 11, "outputTokens": 7, "totalTokens": 18}
    try:
        json.loads(text)
        block = f'{{"toolUse": {{"toolUseId": "t-1", "name": "colour", "input": {text}}}}}'
        reason = "tool_use"
    except (ValueError, RecursionError):
        block, reason = json.dumps({"text": text}), "end_turn"
    return (
        f'{{"output": {{"message": {{"role": "assistant", "content": [{block}]}}}}, "stopReason":'
        f' "{ {"length": "max_tokens"}.get(finish, reason) }", "usage": {json.dumps(usage)},'
        ' "metrics": {"latencyMs": 1}}'
    ).encode()
