"""`make import FILE=`: a file as people have it, through HTTP into the function."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from deskhand.store.connection import Connection
from embedded import importing
from functions.import_tickets.handler import handler
from tests.functions.conftest import event
from tests.functions.learning.old_tickets import history, row


class Gateway(BaseHTTPRequestHandler):
    """Hands requests over to the function as API Gateway does."""

    def do_GET(self) -> None:
        self._hand_over(None)

    def do_POST(self) -> None:
        self._hand_over(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _hand_over(self, body: str | None) -> None:
        asked = urlsplit(self.path)
        answer = handler(
            event(
                "import_tickets",
                httpMethod=self.command,
                path=asked.path,
                queryStringParameters=dict(parse_qsl(asked.query)) or None,
                headers={"Content-Type": self.headers.get("Content-Type", "")},
                body=body,
            ),
            None,
        )
        self.send_response(answer["statusCode"])
        self.end_headers()
        self.wfile.write(answer["body"].encode())

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def api(catalog: None, conn: Connection) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_bad_lines_are_told_and_cost_the_others_nothing(
    api: str, conn: Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """F-G3"""
    good: list[Any] = [json.dumps(each) for each in history(2)]
    nul = json.dumps({**row("vpn", 5), "subject": "a\0b"})
    half = json.dumps({**row("vpn", 6), "body": "\ud800"})
    lines = [good[0], "not JSON", "", nul, half, '{"id": NaN}', "[]", good[1]]
    file = tmp_path / "old.jsonl"
    file.write_bytes("\n".join(lines).encode() + b"\n\xe9\n")
    state = importing.import_file(api, "t", file)
    assert (state["stored"], state["rejected"], state["next_offset"]) == (2, 6, 8)
    assert conn.execute("SELECT FROM examples").rowcount == 2
    told = capsys.readouterr().out.splitlines()
    faults = [line.split(": ")[0] for line in told if line.startswith("line ")]
    assert faults == ["line 2", "line 4", "line 5", "line 6", "line 7", "line 9"]
    assert "line 4: /subject holds the character U+0000" in told
    assert "line 9: not UTF-8" in told


def test_a_large_table_with_semicolons_is_stored_whole(
    api: str, conn: Connection, tmp_path: Path
) -> None:
    file = tmp_path / "UP.CSV"
    text = "long \u00e9" * 1_500
    records = [f"{number};VPN;{text};Network" for number in range(500)]
    file.write_text("\n".join(["ID;Title;Text;Label", *records]), encoding="utf-8")
    assert file.stat().st_size > 4 * 1024 * 1024
    state = importing.import_file(api, "t", file)
    assert (state["stored"], state["rejected"]) == (500, 0)
    again = importing.import_file(api, "t", file)
    assert (again["next_offset"], again["stored"]) == (500, 500)
