"""Importing against a real HTTP server that goes away once."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from embedded import importing
from embedded.errors import EmbeddedError


class Api(BaseHTTPRequestHandler):
    """Counts rows as the API does, and fails the chunks whose offset is in `fails`."""

    received: list[Any]
    chunks: list[int]
    fails: set[int]

    def do_GET(self) -> None:
        self._answer(200 if self.received else 404, self._state())

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        query = dict(parse_qsl(urlsplit(self.path).query))
        assert self.headers["Authorization"] == "Bearer t"
        assert self.headers["Content-Type"] == "application/x-ndjson"
        assert len(sent) <= 4 * 1024 * 1024
        if int(query["offset"]) in self.fails:
            return self._answer(503, {"detail": "away"})
        assert int(query["offset"]) == len(self.received)
        rows = [json.loads(line) for line in sent.split(b"\n")]
        self.chunks.append(len(rows))
        self.received.extend(rows)
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
    Api.received, Api.chunks, Api.fails = [], [], set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def written(tmp_path: Path, content: str | bytes, name: str = "old.jsonl") -> Path:
    """The file."""
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def read(file: Path) -> list[Any]:
    """Line and content of each row; for one that cannot be sent, why."""
    return [(row.line, row.fault or json.loads(row.sent)) for row in importing.rows(file)]


def test_an_interrupted_import_goes_on_where_it_was(api: str, tmp_path: Path) -> None:
    wanted = [{"external_id": str(number)} for number in range(1200)]
    file = written(tmp_path, "\n".join(map(json.dumps, wanted)) + "\n\n")
    Api.fails = {1000}
    with pytest.raises(EmbeddedError, match="line 1001: 503"):
        importing.import_file(api, "t", file)
    Api.fails = set()
    assert importing.import_file(api, "t", file)["next_offset"] == 1200
    assert Api.received == wanted
    assert Api.chunks == [500, 500, 200]


def test_long_rows_go_in_smaller_chunks(api: str, tmp_path: Path) -> None:
    text = "\u00e9" * 10_000
    wanted = [{"external_id": str(n), "body": text, "category": "a"} for n in range(500)]
    table = "external_id,body,category\n" + "".join(f"{n},{text},a\n" for n in range(500))
    assert importing.import_file(api, "t", written(tmp_path, table, "old.csv"))["stored"] == 500
    assert Api.received == wanted
    assert len(Api.chunks) > 1


@pytest.mark.parametrize("name", ["old.csv", "OLD.CSV", "old.tsv"])
def test_csv_has_its_names_in_the_first_line(name: str, tmp_path: Path) -> None:
    file = written(tmp_path, '\ufeffid,title\n1,"a,\nb"\n\n2,\n', name)
    assert read(file) == [(2, {"id": "1", "title": "a,\nb"}), (5, {"id": "2"})]


@pytest.mark.parametrize("mark", [",", ";", "\t", "; "])
def test_the_header_shows_what_parts_the_fields(mark: str, tmp_path: Path) -> None:
    file = written(tmp_path, f'id{mark}title\n1{mark}"a"\n', "old.csv")
    assert read(file) == [(2, {"id": "1", "title": "a"})]


def test_a_bad_line_of_a_table_costs_the_others_nothing(tmp_path: Path) -> None:
    lines = [b"id,title\xc3\xa9\xc3\xa9", b'1,"a"b', b"2,c", b"3,\xe9", b"4,d", b'5,"e', b"6,f"]
    file = written(tmp_path, b"\n".join(lines), "old.csv")
    assert read(file) == [
        (2, "not CSV: ',' expected after '\"'"),
        (3, {"id": "2", "title\u00e9\u00e9": "c"}),
        (4, "not UTF-8"),
        (5, {"id": "4", "title\u00e9\u00e9": "d"}),
        (6, "not CSV: unexpected end of data"),
    ]


@pytest.mark.parametrize("name", ["old.csv", "old.jsonl"])
def test_a_row_may_be_long_but_not_too_long(name: str, tmp_path: Path) -> None:
    long, longer = "x" * 1_000_000, "x" * 5_000_000
    texts = {"1": long, "2": longer, "3": "y"}
    lines = [json.dumps({"id": number, "text": text}) for number, text in texts.items()]
    if name == "old.csv":
        lines = ["id,text", *(f'{number},"{text}"' for number, text in texts.items())]
    first, fault, last = read(written(tmp_path, "\n".join(lines) + "\n", name))
    assert first[1] == {"id": "1", "text": long}
    assert fault[1] in (
        "longer than 2097152 bytes",
        "not CSV: field larger than field limit (2097152)",
    )
    assert (fault[0], last) == (first[0] + 1, (first[0] + 2, {"id": "3", "text": "y"}))


def test_an_export_is_sent_with_the_names_of_the_api(api: str, tmp_path: Path) -> None:
    """F-G3: a header of Jira in Windows-1252, with semicolons and Excel's line about them."""
    lines = ["sep=;", "Issue key;Issue id;Summary;Component/s;Component/s;Request type"]
    table = "\r\n".join([*lines, 'A-1;1;"T\u00fcr; zu";Network;Other;VPN access', ""])
    file = written(tmp_path, table.encode("cp1252"), "export.csv")
    importing.import_file(api, "t", file)
    assert Api.received == [
        {
            "external_id": "A-1",
            "subject": "T\u00fcr; zu",
            "category": "Network",
            "request_type": "VPN access",
        }
    ]


def test_columns_that_are_not_known_are_asked_for(tmp_path: Path) -> None:
    file = written(tmp_path, "id,Betreff,Queue\n1,a,b\n", "old.csv")
    with pytest.raises(EmbeddedError) as refused:
        importing.import_file("http://127.0.0.1:1", "t", file)
    assert "hold subject or body; it may be Betreff: confirm it" in str(refused.value)
    assert "hold category; it may be Queue" in str(refused.value)
    with pytest.raises(EmbeddedError, match="MAPPING: subject there is no such column"):
        importing.import_file("http://127.0.0.1:1", "t", file, {"subject": "Nowhere"})


def test_given_columns_are_used(api: str, tmp_path: Path) -> None:
    file = written(tmp_path, "id,Betreff,Queue\n1,a,b\n", "old.csv")
    importing.import_file(api, "t", file, {"subject": "betreff", "category": "Queue"})
    assert Api.received == [{"external_id": "1", "subject": "a", "category": "b"}]


def test_a_json_array_is_read_element_by_element(api: str, tmp_path: Path) -> None:
    file = written(tmp_path, ' [{"external_id": "1"}, {"external_id": "2"}, 7]', "old.json")
    assert importing.import_file(api, "t", file)["next_offset"] == 3
    assert Api.received == [{"external_id": "1"}, {"external_id": "2"}, 7]
    assert [row.place for row in importing.rows(file)] == ["element 1", "element 2", "element 3"]


def test_an_import_that_stored_nothing_says_which_columns_it_needs() -> None:
    state = {"next_offset": 2, "stored": 0, "rejected": 2, "unread": 0}
    said = importing.summary(state)
    assert said.startswith("2 rows: 0 stored, 2 refused\nneeded columns")
    for name in ("external_id", "subject", "body", "category", "request_type"):
        assert f"\n  {name} " in said
    assert "needed columns" not in importing.summary(state | {"stored": 1})


def test_a_wrong_line_is_left_to_the_api_as_it_is(tmp_path: Path) -> None:
    lines = [b"x", b"", b'{"a": NaN}', b'{"a": "\\ud800"}', b'{"a": "\\u0000"}', b"[]"]
    sent = [(row.line, row.sent) for row in importing.rows(written(tmp_path, b"\n".join(lines)))]
    assert sent == [(number, line) for number, line in enumerate(lines, 1) if line]
    [(line, fault)] = read(written(tmp_path, b'{"a": "\xe9"}'))
    assert (line, fault) == (1, "not UTF-8")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "cannot be read"),
        ("\n\n", "cannot be read: the file has no rows"),
        ("", "cannot be read: the file has no rows"),
        ("id,title,category\n", "has no rows"),
    ],
)
def test_a_file_without_rows_is_named(content: str | None, fault: str, tmp_path: Path) -> None:
    file = tmp_path / "none.csv"
    if content is not None:
        file.write_text(content)
    with pytest.raises(EmbeddedError, match=rf"none\.csv {fault}"):
        importing.import_file("http://127.0.0.1:1", "t", file)
