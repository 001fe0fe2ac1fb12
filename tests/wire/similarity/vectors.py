"""A ModelServer's acts that speak as embedding models do, in each wire format."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from tests.wire.models.model_server import Act, Handler, ModelServer

type Make = Callable[[str], Sequence[Any]]


def about(text: str) -> list[float]:
    """Two numbers: about a VPN, or not; not of unit length."""
    return [3.0, 0.1] if "VPN" in text else [0.1, 3.0]


def gives(make: Make = about) -> Act:
    """The numbers that `make` makes of each text."""

    def act(handler: Handler) -> None:
        asked = handler.server.requests[-1][2]
        texts = asked["input"] if "input" in asked else [asked["inputText"]]
        handler.send(200, envelope(handler.path, [make(text) for text in texts]))

    return act


def gives_rows(*rows: Any) -> Act:
    """These rows, whatever was asked."""
    return lambda handler: handler.send(200, envelope(handler.path, rows))


def refuses_above(size: int, complaint: str) -> Act:
    """The usual answer, but a 400 where a text is longer."""

    def act(handler: Handler) -> None:
        if max(map(len, sent(handler.server)[-1])) > size:
            complains(complaint)(handler)
        else:
            gives()(handler)

    return act


def complains(said: str, status: int = 400) -> Act:
    """A refusal in each provider's own form, with these words."""

    def act(handler: Handler) -> None:
        whole = {"message": said, "error": said if handler.path.startswith("/api") else {}}
        if handler.path.endswith("/embeddings"):
            whole["error"] = {"message": said, "type": "invalid_request_error", "param": None}
        body = json.dumps(whole).encode()
        handler.send(status, body, x_amzn_ErrorType="ValidationException:http://x/")

    return act


def sent(server: ModelServer) -> list[list[str]]:
    """The texts of each request."""
    bodies = [body for _, _, body in server.requests]
    return [list(body["input"]) if "input" in body else [body["inputText"]] for body in bodies]


def envelope(path: str, rows: Sequence[Any]) -> bytes:
    """Rows as a model's answer, in the format that belongs to the path."""
    if path == "/api/embed":
        return json.dumps({"model": "m", "embeddings": list(rows), "load_duration": 1}).encode()
    if path.endswith("/invoke"):
        return json.dumps({"embedding": rows[0], "inputTextTokenCount": 3}).encode()
    # OpenAI promises an index, not an order.
    data = [
        {"object": "embedding", "index": number, "embedding": row}
        for number, row in reversed(list(enumerate(rows)))
    ]
    usage = {"prompt_tokens": 3, "total_tokens": 3}
    return json.dumps({"object": "list", "data": data, "model": "m", "usage": usage}).encode()
