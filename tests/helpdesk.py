"""A helpdesk for tests: its requests, a catalog in the plain shape, and a model that sorts them."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from deskhand.catalog.loaded import activate
from deskhand.catalog.parse import parse_catalog
from deskhand.catalog.phrases import embed_phrases
from deskhand.settings import environment
from deskhand.store import attribution
from deskhand.store.connection import Connection
from deskhand.store.outbox import AnyMessage
from tests.servers import Desk, serving
from tests.wire.models.model_server import Act, Handler, says

KEY, SECRET = "key-CANARY-1", "secret-CANARY-2"

# As helpdesks write it: names and SLA only, numbers as texts too.
CATALOG: dict[str, Any] = {
    "service_catalog": {
        "catalog": {
            "categories": [
                {
                    "name": "Access Management",
                    "requests": [
                        {
                            "name": "Reset forgotten password",
                            "sla": {"unit": "hours", "value": "4"},
                        },
                        {"name": "SaaS Platform Access", "sla": {"unit": "hours", "value": 8}},
                    ],
                },
                {
                    "name": "Software & Licensing",
                    "requests": [
                        {"name": "Install new software", "sla": {"unit": "days", "value": 3}},
                        {"name": "Other Software Issue", "sla": {"unit": "hours", "value": "24"}},
                    ],
                },
                {
                    "name": "Hardware",
                    "requests": [
                        {"name": "Laptop repair", "sla": {"unit": "days", "value": 7}},
                        {"name": "Other"},
                    ],
                },
                {"name": "Network", "requests": [{"name": "VPN issue"}, {"name": "Other"}]},
            ]
        }
    }
}


def item(number: int, **fields: Any) -> dict[str, Any]:
    """A request as the helpdesk sends it."""
    return {
        "id": str(number),
        "short_description": f"Request {number}",
        "long_description": f"The VPN of colleague {number} drops.",
        "requester_email": f"user{number}@example.org",
        "request_category": "",
        "request_type": "",
        "sla": {"unit": "", "value": None},
        **fields,
    }


@contextmanager
def helpdesk(items: list[Any]) -> Iterator[Desk]:
    """A server that answers with these items, in the shape of the real one."""
    with serving() as desk:
        desk.body = json.dumps({"response_code": 200, "data": {"requests": items}}).encode()
        yield desk


def lines(handler: Handler) -> list[dict[str, Any]]:
    """The requests that the model is asked about."""
    user = handler.server.requests[-1][2]["messages"][1]["content"]
    return [json.loads(line) for line in user.splitlines() if line.startswith('{"id"')]


def sorts(rule: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Act:
    """Answers about each request by a rule; None leaves the request out."""

    def act(handler: Handler) -> None:
        answers = [(line, rule(line)) for line in lines(handler)]
        items = [
            {"id": line["id"], "confidence": 0.9, "evidence": [], **answer}
            for line, answer in answers
            if answer is not None
        ]
        says(json.dumps({"items": items}))(handler)

    return act


VPN = {"category": "network", "request_type": "vpn  ISSUE"}


def in_force(conn: Connection, document: dict[str, Any] = CATALOG) -> None:
    """A helpdesk's catalog is in force."""
    catalog = parse_catalog(document)
    with conn.transaction():
        activate(conn, catalog, embed_phrases(catalog))


def started(conn: Connection) -> AnyMessage:
    """A new run."""
    message = attribution.start(conn, "anonymous", "req-1")
    assert message is not None
    return message


def shown(conn: Connection, message: AnyMessage) -> dict[str, Any]:
    """The run with its counts."""
    run = attribution.run(conn, message.run_id)
    assert run is not None
    return run


def asks(patch: pytest.MonkeyPatch, desk: Desk) -> None:
    """The functions are to read this helpdesk."""
    patch.setenv("HELPDESK_URL", f"{desk.url}/hook?token=query-CANARY-3")
    patch.setenv("HELPDESK_KEY", KEY)
    patch.setenv("HELPDESK_SECRET", SECRET)
    patch.setenv("PRIVATE_URLS", "true")
    environment.settings.cache_clear()
