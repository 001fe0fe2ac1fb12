"""A Deskhand with a database of its own, asked through the handlers as API Gateway asks them."""

import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import Any

from deskhand.learning import memory
from deskhand.settings import environment as settings_module
from deskhand.store import connection as connection_module
from deskhand.store.connection import open_connection
from deskhand.store.limits import set_limits
from deskhand.store.migrate import migrate
from deskhand.ticket import MODEL_CHARACTERS, TicketText
from embedded.postgres import Server

EVENT: dict[str, Any] = json.loads(Path("events/preview.json").read_text())
_LEARNING_SECONDS = 3600.0


@dataclass(frozen=True)
class Known:
    """A ticket whose place is known; `label` is the category."""

    id: str
    text: TicketText
    label: str
    request_type: str = ""


class _Context:
    """As much of Lambda's context as the functions use."""

    def __init__(self) -> None:
        self._end = time.monotonic() + _LEARNING_SECONDS

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds that are left."""
        return int(1000 * (self._end - time.monotonic()))


class Desk:
    """The running service."""

    def load(self, labels: Iterable[str]) -> None:
        """Puts a catalog in force that has nothing but these names."""
        self.put({"service_catalog": {"catalog": {"categories": sorted(labels)}}})

    def put(self, document: dict[str, Any]) -> None:
        """Puts a catalog in force."""
        from functions.load_catalog.handler import handler

        handler({"document": document}, None)

    def teach(self, known: Sequence[Known]) -> dict[str, Any]:
        """Imports tickets and learns from them; what the learn function said."""
        self.keep(known)
        return self.learn()

    def keep(self, known: Sequence[Known]) -> None:
        """Imports tickets."""
        from functions.import_tickets.handler import handler

        for number, rows in enumerate(batched(known, 500, strict=False)):
            chunk = {
                "import_id": f"eval-{id(known)}",
                "offset": 500 * number,
                "rows": [
                    {
                        "external_id": row.id,
                        "subject": row.text.subject,
                        "body": row.text.body,
                        "category": row.label,
                        **({"request_type": row.request_type} if row.request_type else {}),
                    }
                    for row in rows
                ],
            }
            answer = _asked(handler, "/tickets/import", chunk)
            if answer["rejected"]:
                raise RuntimeError(f"rows were refused: {answer['errors'][:3]}")

    def learn(self) -> dict[str, Any]:
        """What the learn function did."""
        from functions.learn.handler import handler

        learnt = handler({"force": True}, _Context())
        if learnt["unread"]:
            raise RuntimeError("not everything was read in time")
        return learnt

    def triage(self, texts: Sequence[TicketText]) -> list[dict[str, Any]]:
        """What the preview says of each ticket."""
        from functions.preview.handler import handler

        found: list[dict[str, Any]] = []
        # Ten of the longest bodies are just below the API's limit.
        for several in batched(texts, 10, strict=False):
            tickets = [{"subject": t.subject, "body": t.body} for t in several]
            found += _asked(handler, "/triage/preview", {"tickets": tickets})["results"]
        return found

    def quality(self) -> dict[str, Any]:
        """What `GET /analytics/quality` answers."""
        from functions.quality.handler import handler

        return _asked(handler, "/analytics/quality", None)


@contextmanager
def desk() -> Iterator[Desk]:
    """A new one, which is gone afterwards."""
    with Server.temporary() as server:
        with open_connection(server.dsn, wait_seconds=None) as conn:
            migrate(conn)
            set_limits(conn, server.dsn.rpartition("/")[2].partition("?")[0])
        # A whole set comes from one caller.
        pace = {"REQUESTS_PER_MINUTE": "1000000"}
        os.environ.update(DATABASE_URL=server.dsn, ANONYMOUS_ROLE="admin", **pace)
        os.environ["POWERTOOLS_LOG_LEVEL"] = "WARNING"
        _forget()
        yield Desk()
        _forget()


@contextmanager
def environment(**given: str) -> Iterator[None]:
    """These environment variables are set, and are as before afterwards."""
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    settings_module.settings.cache_clear()
    yield
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
    settings_module.settings.cache_clear()


def text_of(row: dict[str, Any]) -> TicketText:
    """A row of a set as somebody would hand it in: what has no title has its beginning as one."""
    body = _clean(row.get("text") or row.get("body") or "")
    subject = _clean(row.get("title") or body[:100])
    return TicketText(subject[:500] or "(no subject)", body[:MODEL_CHARACTERS])


def _clean(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _asked(handler: Any, path: str, body: object) -> dict[str, Any]:
    event = {
        **EVENT,
        "path": path,
        "resource": path,
        "httpMethod": "GET" if body is None else "POST",
    }
    event["body"] = None if body is None else json.dumps(body)
    reply = handler(event, None)
    answer: dict[str, Any] = json.loads(reply["body"])
    if reply["statusCode"] >= 300:
        raise RuntimeError(f"{path}: {reply['statusCode']} {answer}")
    return answer


def _forget() -> None:
    connection_module.close()
    connection_module.database_url.cache_clear()
    settings_module.settings.cache_clear()
    # The next desk numbers its classifiers from 1 again.
    memory._last.clear()
