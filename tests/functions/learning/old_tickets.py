"""Known tickets, and the functions that learn from them as their callers call them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from tests.functions.conftest import event

PAIRS = {"vpn": ("Network", "VPN access"), "monitor": ("Workplace", "Monitor")}
WORDS = {
    "vpn": ["tunnel", "remote", "home", "office", "drops", "connection", "gateway"],
    "monitor": ["screen", "flickers", "display", "black", "dead", "pixels", "cable"],
}


class Context:
    """As much of Lambda's context as is used."""

    def get_remaining_time_in_millis(self) -> int:
        """A minute."""
        return 60_000


def row(kind: str, number: int) -> dict[str, str]:
    """An old ticket."""
    words = WORDS[kind]
    said = [words[(number + step) % len(words)] for step in range(4)]
    category, request_type = PAIRS[kind]
    return {
        "external_id": f"{kind}-{number}",
        "subject": " ".join(said),
        "body": f"Case {number}: {said[0]} and {said[2]}",
        "category": category,
        "request_type": request_type,
    }


def history(count: int) -> list[dict[str, str]]:
    """Old tickets of both kinds in turn."""
    return [row(("vpn", "monitor")[number % 2], number) for number in range(count)]


def load_sample_catalog() -> None:
    """Puts the catalog of the demo in force."""
    from functions.load_catalog.handler import handler

    handler({"document": yaml.safe_load(Path("localstack/samples/catalog.yaml").read_text())}, None)


def ask(
    name: str, path: str, body: object = None, *, raw: str | None = None, **changes: Any
) -> tuple[int, Any]:
    """Status and body of a function's answer."""
    import importlib

    handler = importlib.import_module(f"functions.{name}.handler").handler
    sent = raw if body is None else json.dumps(body)
    method = changes.pop("method", "POST" if sent is not None else "GET")
    reply = handler(event(name, path=path, httpMethod=method, body=sent, **changes), None)
    return int(reply["statusCode"]), json.loads(reply["body"])


def import_rows(
    rows: Iterable[dict[str, Any]], offset: int = 0, import_id: str = "i-1"
) -> tuple[int, Any]:
    """The answer to a chunk."""
    chunk = {"import_id": import_id, "offset": offset, "rows": list(rows)}
    return ask("import_tickets", "/tickets/import", chunk)


def learn(**asked: object) -> dict[str, Any]:
    """What the learn function did."""
    from functions.learn.handler import handler

    return handler(asked, Context())


def preview(subject: str, body: str = "") -> dict[str, Any]:
    """What triage would make of a ticket."""
    ticket = {"subject": subject, "body": body or subject}
    status, answer = ask("preview", "/triage/preview", {"tickets": [ticket]})
    assert status == 200, answer
    result: dict[str, Any] = answer["results"][0]
    return result
