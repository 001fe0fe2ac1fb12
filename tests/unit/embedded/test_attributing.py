"""`make attribution`: a run is started, followed and told of, over a real HTTP server."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from itertools import chain, repeat
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from rich.console import Console

from embedded.attributing import attribute
from embedded.errors import EmbeddedError
from embedded.mail_catcher import MailCatcher
from tests.mail_server import free_port

COUNTS = {
    "fetched": 65, "unreadable": 0, "values_unread": 0, "complete": 5, "classified": 50,
    "rejected": 1, "conflict": 2, "missing": 3, "failed": 4, "waiting": 0, "batches": 3,
    "batches_done": 3, "batches_failed": 1, "calls": 9, "splits": 6, "sla_ignored": 7, "sent": 2,
    "cost_usd": None,
}  # fmt: skip
RUN: dict[str, Any] = {
    "id": 7, "status": "COMPLETED", "current_step": "send_report", "error": None, "reason": None,
    "providers": [{"provider": "offline", "model": "m"}], "counts": COUNTS,
}  # fmt: skip


@contextmanager
def api(start: tuple[int, dict[str, Any]], *states: dict[str, Any]) -> Iterator[str]:
    """An API with one run, its report and its file; each look at the run sees its next state."""
    seen = chain(states, repeat(states[-1]))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers: dict[str, tuple[int, dict[str, Any]]] = {
                "/reports": (200, {"reports": [{"id": "r", "run_id": 7}]}),
                "/reports/r/file": (302, {}),
                "/file": (200, {"the": "file"}),
            }
            if self.path == "/attribution/runs/7":
                self.answer(200, next(seen))
            else:
                self.answer(*answers[self.path])

        def do_POST(self) -> None:
            self.answer(*start)

        def answer(self, status: int, document: dict[str, Any]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/file")  # type: ignore[attr-defined]
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


STARTED = (202, {"run_id": 7, "status": "PENDING"})


@pytest.fixture
def catcher(tmp_path: Path) -> MailCatcher:
    """A mail catcher with two mails, one of them with the report of the run."""
    made = MailCatcher(tmp_path / "mail", free_port())
    made.folder.mkdir(parents=True)
    for name, report in (("1", "r"), ("2", "another")):
        mail = EmailMessage(policy=SMTP)
        mail["Subject"], mail["X-Report-Id"] = f"with {report}", report
        mail.set_content("2 of them need a person [bold].\n")
        (made.folder / f"{name}.eml").write_bytes(mail.as_bytes())
    return made


def told(
    tmp_path: Path, catcher: MailCatcher, *runs: dict[str, Any], terminal: bool = False
) -> tuple[int, str]:
    """The exit status, and what is shown of a run that goes through these states."""
    shown = StringIO()
    console = Console(file=shown, width=120, force_terminal=terminal, color_system=None)
    with api(STARTED, *(runs or (RUN,))) as url:
        status = attribute(url, "token", console, tmp_path, catcher)
    return status, shown.getvalue()


def test_it_ends_with_the_counts_the_file_and_the_mail(
    tmp_path: Path, catcher: MailCatcher
) -> None:
    """F-J8"""
    status, shown = told(tmp_path, catcher)
    assert status == 0
    for words in ("count", "fetched", "rejected pairs", "SLA answers ignored", "failed batches",
                  "sent", "by offline (m), no model was asked", "unknown"):  # fmt: skip
        assert words in shown
    assert "send_report: 3 of 3 batches" in shown
    path = tmp_path / "attribution-7.xlsx"
    assert str(path) in shown
    assert path.read_bytes() == b'{"the": "file"}'
    assert "Subject: with r\n" in shown and "2 of them need a person [bold]." in shown
    assert "with another" not in shown


@pytest.mark.parametrize(
    ("providers", "words"),
    [([], "no model was asked"), (["openai", "offline"], "by openai (m), offline (m)")],
)
def test_it_says_who_answered(
    tmp_path: Path, catcher: MailCatcher, providers: list[str], words: str
) -> None:
    named = [{"provider": each, "model": "m"} for each in providers]
    _, shown = told(tmp_path, catcher, {**RUN, "providers": named})
    assert f"run 7 COMPLETED, {words}\n" in shown


def test_the_bar_follows_the_batches(tmp_path: Path, catcher: MailCatcher) -> None:
    """F-J8: as in a terminal; its total is known once the requests are fetched."""
    waits = {**RUN, "status": "PENDING", "current_step": None,
             "counts": {**COUNTS, "batches": 0, "batches_done": 0}}  # fmt: skip
    asks = {**RUN, "status": "IN_PROGRESS", "current_step": "classify_batch"}
    under_way = [{**asks, "counts": {**COUNTS, "batches_done": done}} for done in (1, 2)]
    _, shown = told(tmp_path, catcher, waits, *under_way, RUN, terminal=True)
    for step, done in (("classify_batch", 1), ("classify_batch", 2), ("send_report", 3)):
        assert re.search(rf"{step} [^\n]*━[^\n]* {done}/3 ", shown), done
    assert "of 3 batches" not in shown


def test_a_failed_run_says_where_and_why(tmp_path: Path, catcher: MailCatcher) -> None:
    """F-J8"""
    failed = {**RUN, "status": "FAILED", "error": "HelpdeskRefused", "reason": "answered 401"}
    status, shown = told(tmp_path, catcher, failed)
    assert status == 1
    assert "HelpdeskRefused: answered 401" in shown
    assert not list(tmp_path.glob("*.xlsx"))


def test_an_open_run_is_named(tmp_path: Path, catcher: MailCatcher) -> None:
    conflict = (409, {"detail": "run 6 is still open"})
    with api(conflict, RUN) as url, pytest.raises(EmbeddedError, match="run 6 is still open"):
        attribute(url, "token", Console(file=StringIO()), tmp_path, catcher)
