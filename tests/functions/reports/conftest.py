"""A bucket, a mail server and settings for the functions of reports."""

from collections.abc import Iterator
from typing import Any

import pytest

from deskhand.store.connection import Connection
from functions.build_report.handler import handler as build
from tests.attributed import attributed
from tests.mail_server import Mailbox, mail_server

RECIPIENTS = ("a@example.com", "b@example.com")


@pytest.fixture
def box(bucket: str, told: Any) -> Iterator[Mailbox]:
    """A mail server that the functions use, and two recipients."""
    with mail_server() as served:
        told(
            SMTP_HOST="127.0.0.1",
            SMTP_PORT=served.port,
            SMTP_SECURITY="none",
            MAIL_FROM="Deskhand <desk@example.com>",
            REPORT_RECIPIENTS=", ".join(RECIPIENTS),
            API_URL="https://desk.example/v1/",
            REPORT_CODE_URL="https://code.example/deskhand",
        )
        yield served


@pytest.fixture
def built(conn: Connection, bucket: str) -> int:
    """The id of a run with a report."""
    run_id = attributed(conn)
    build({"run_id": run_id, "attempt": 1, "retry_count": 0}, None)
    return run_id
