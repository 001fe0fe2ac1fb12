"""Importing against a real HTTP server that goes away once."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from embedded import importing
from embedded.errors import EmbeddedError


class Api(BaseHTTPRequestHandler):
    """Counts rows as the API does, and fails the chunks whose offset is in `fails`."""

    received: list[Any]
    fails: set[int]

    def do_GET(self) -> None:
        self._answer(200 if self.received else 404, self._state())

    def do_POST(self) -> None:
        chunk = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Authorization"] == "Bearer t"
        if chunk["offset"] in self.fails:
            return self._answer(503, {"detail": "away"})
        assert chunk["offset"] == len(self.received)
        self.received.extend(chunk["rows"])
        self._answer(200, self._state())

    def _state(self) -> dict[str, Any]:
        count = len(self.received)
        return {"next_offset": count, "stored": count, "rejected": 0, "unread": 0, "errors": []}

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def api() -> Iterator[str]:
    Api.received, Api.fails = [], set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_interrupted_import_goes_on_where_it_was(api: str, tmp_path: Path) -> None:
    wanted = [{"external_id": str(number)} for number in range(1200)]
    file = tmp_path / "old.jsonl"
    file.write_text("\n".join(map(json.dumps, wanted)) + "\n\n")
    Api.fails = {1000}
    with pytest.raises(EmbeddedError, match="row 1000: 503"):
        importing.import_file(api, "t", file)
    Api.fails = set()
    assert importing.import_file(api, "t", file)["next_offset"] == 1200
    assert Api.received == wanted


def test_csv_has_its_names_in_the_first_line(tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    file.write_text('\ufeffid,title\n1,"a,\nb"\n2,\n', encoding="utf-8")
    assert list(importing.rows(file)) == [{"id": "1", "title": "a,\nb"}, {"id": "2"}]


@pytest.mark.parametrize(("text", "fault"), [("{}\nx", ":2: not JSON"), ("[]", ":1: not a JSON")])
def test_a_wrong_line_is_named(text: str, fault: str, tmp_path: Path) -> None:
    file = tmp_path / "old.jsonl"
    file.write_text(text)
    with pytest.raises(EmbeddedError, match=fault):
        list(importing.rows(file))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="cannot be read"):
        importing.import_file("http://127.0.0.1:1", "t", tmp_path / "none.csv")
