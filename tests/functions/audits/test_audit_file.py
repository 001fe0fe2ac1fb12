"""`make audit FILE=`: a file as people have it, through HTTP into the functions."""

import base64
import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from rich.console import Console

from embedded import auditing
from embedded.errors import EmbeddedError
from functions.audits.handler import handler
from tests.functions.audits.exports import jira, routed, work
from tests.functions.conftest import event


class Gateway(BaseHTTPRequestHandler):
    """Hands requests over as API Gateway does; an audit that is looked at has been worked on."""

    def do_GET(self) -> None:
        work()
        self._hand_over(None)

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        self._hand_over(base64.b64encode(sent).decode())

    def _hand_over(self, body: str | None) -> None:
        asked = urlsplit(self.path)
        answer = handler(
            event(
                "audits",
                httpMethod=self.command,
                path=asked.path,
                queryStringParameters=dict(parse_qsl(asked.query)) or None,
                headers={"Content-Type": self.headers.get("Content-Type", "")},
                body=body,
                isBase64Encoded=body is not None,
            ),
            None,
        )
        content = answer["body"].encode()
        self.send_response(answer["statusCode"])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def api(catalog: None, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(auditing, "_PAUSE", 0.01)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def audited(api: str, file: Path, **parameters: str) -> str:
    """What is printed about a file."""
    console = Console(width=120, file=io.StringIO(), record=True)
    auditing.show_findings(console, auditing.audit_file(api, "t", file, console, parameters))
    return console.export_text()


def test_an_export_is_shown_audited_and_summed_up(api: str, tmp_path: Path) -> None:
    """F-J7"""
    file = tmp_path / "export.csv"
    file.write_bytes(jira(routed(60, wrong=2)))
    said = audited(api, file)
    assert "CSV, like an export of Jira: 60 tickets" in said
    assert "Component/s" in said and "11/May/24 03:26 PM" in said
    assert "monitor-1" in said  # one of the first rows
    assert "likely misroutes" in said and "vpn-0" in said and "vpn-2" in said


def test_open_questions_are_told_with_how_to_answer(api: str, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("Nr,Betreff,Created\n1,VPN drops,01/02/2026\n")
    with pytest.raises(EmbeddedError) as refused:
        audited(api, file)
    assert "it may be Betreff" in str(refused.value) and "DATES=day" in str(refused.value)
    mapping = json.dumps({"subject": "Betreff"})
    assert "1 tickets" in audited(api, file, mapping=mapping, dates="day")


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "cannot be read: No such file"), (b"id,title\n", "no row has a text"),
     (b"PK\x03\x04", "damaged zip")],
)  # fmt: skip
def test_a_file_that_cannot_be_audited_is_named(
    api: str, tmp_path: Path, content: bytes | None, why: str
) -> None:
    file = tmp_path / "export.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(EmbeddedError, match=why):
        audited(api, file)
