"""Posting against a real HTTP server that is not always well."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from embedded.posting import Accepted, Refused, post_all
from embedded.tickets import Submission


class Api(BaseHTTPRequestHandler):
    """Takes tickets by key; each key's first try meets a 503."""

    keys: dict[str, int]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers["Idempotency-Key"]
        tries = self.keys[key] = self.keys.get(key, 0) + 1
        if tries == 1:
            self._answer(503, {"detail": "away"})
        elif body.get("subject") == "":
            field = {"pointer": "/subject", "detail": "must not be blank"}
            self._answer(422, {"detail": "some fields are not valid", "errors": [field]})
        elif self.path == "/incidents":
            self._answer(202, {"workflowRunId": 2, "ticketId": key})
        else:
            self._answer(202, {"ticket_id": key, "workflow_run_id": 1, "status": "new"})

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def base_url() -> Iterator[str]:
    Api.keys = {}
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_posts_again_with_the_same_key_and_tells_what_was_said(base_url: str) -> None:
    rows = [
        Submission("/tickets", {"subject": "half \ud800"}),
        Submission("/incidents", {"description": "y"}),
        Submission("/tickets", {"subject": ""}),
    ]
    outcomes = sorted(post_all(base_url, rows, "r"), key=lambda each: each.row)
    assert outcomes == [
        Accepted(1, "demo-r-1", 1),
        Accepted(2, "demo-r-2", 2),
        Refused(3, "", 422, ("/subject: must not be blank",)),
    ]
    assert Api.keys == {"demo-r-1": 2, "demo-r-2": 2, "demo-r-3": 2}
