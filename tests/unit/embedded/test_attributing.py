"""`make attribution`: a run is started, followed and told of, over a real HTTP server."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from rich.console import Console

from embedded.attributing import attribute
from embedded.errors import EmbeddedError

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
def api(run: dict[str, Any], start: tuple[int, dict[str, Any]]) -> Iterator[str]:
    """An API with one run, its report and its file."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers = {
                "/attribution/runs/7": (200, run),
                "/reports": (200, {"reports": [{"id": "r", "run_id": 7}]}),
                "/reports/r/file": (302, {}),
                "/file": (200, {"the": "file"}),
            }
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


def told(tmp_path: Path, run: dict[str, Any] = RUN) -> tuple[int, str]:
    shown = StringIO()
    with api(run, (202, {"run_id": 7, "status": "PENDING"})) as url:
        status = attribute(url, "token", Console(file=shown, width=120), tmp_path)
    return status, shown.getvalue()


def test_it_ends_with_the_counts_and_the_file(tmp_path: Path) -> None:
    """F-J8"""
    status, shown = told(tmp_path)
    assert status == 0
    for words in ("fetched", "rejected pairs", "SLA answers ignored", "failed batches", "sent"):
        assert words in shown
    assert "without any model" in shown
    assert "send_report: 3 of 3 batches" in shown
    assert "unknown" in shown
    path = tmp_path / "attribution-7.xlsx"
    assert str(path) in shown
    assert path.read_bytes() == b'{"the": "file"}'


def test_a_failed_run_says_where_and_why(tmp_path: Path) -> None:
    """F-J8"""
    failed = {**RUN, "status": "FAILED", "error": "HelpdeskRefused", "reason": "answered 401"}
    status, shown = told(tmp_path, failed)
    assert status == 1
    assert "HelpdeskRefused: answered 401" in shown
    assert not list(tmp_path.iterdir())


def test_an_open_run_is_named(tmp_path: Path) -> None:
    conflict = (409, {"detail": "run 6 is still open"})
    with api(RUN, conflict) as url, pytest.raises(EmbeddedError, match="run 6 is still open"):
        attribute(url, "token", Console(file=StringIO()), tmp_path)
