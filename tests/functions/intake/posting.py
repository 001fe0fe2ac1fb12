"""Posts to the ingest function, and a database that is elsewhere or silent."""

import json
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from functions.ingest.handler import handler
from tests.environment import new_environment
from tests.functions.conftest import event
from tests.patience import HUNG_SECONDS

VALID = {"subject": "No sound", "body": "The headset is silent.", "customer_id": "c-1"}


def post(body: object, path: str = "/tickets", **headers: str) -> tuple[dict[str, Any], Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"Content-Type": "application/json", **given}
    reply = handler(
        event(
            "ingest",
            resource=path,
            path=path,
            body=text,
            headers=sent,
            multiValueHeaders={name: [value] for name, value in sent.items()},
        ),
        None,
    )
    return reply, json.loads(reply["body"])


def header(reply: dict[str, Any], name: str) -> str | None:
    values = reply["multiValueHeaders"].get(name)
    return values[0] if values else None


def move(monkeypatch: pytest.MonkeyPatch, url: str, secret: str = "") -> None:
    """A new execution environment whose database is elsewhere."""
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DATABASE_SECRET_ARN", secret)
    new_environment()


@contextmanager
def detour(database: str) -> Iterator[tuple[str, threading.Event]]:
    """A way to the database for one connection, on which all is silent once the event is set."""
    parts = conninfo_to_dict(database)
    silent, done = threading.Event(), threading.Event()
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection((str(parts["host"]), int(str(parts["port"])))) as far,
    ):
        server.settimeout(HUNG_SECONDS)

        def forward() -> None:
            near, _ = server.accept()
            with near:
                while not silent.is_set():
                    for end in select.select([near, far], [], [], 0.05)[0]:
                        if not silent.is_set():
                            (far if end is near else near).sendall(end.recv(65_536))
                done.wait()

        thread = threading.Thread(target=forward)
        thread.start()
        try:
            yield make_conninfo(database, port=server.getsockname()[1]), silent
        finally:
            silent.set()
            done.set()
            thread.join()
