"""POST /tickets/import: resumable, row by row, in three forms."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deskhand.spreadsheets.write import open_spreadsheet
from deskhand.store.connection import Connection
from tests.functions.gateway import call
from tests.functions.learning.old_tickets import ask, history, import_rows, learn, row

pytestmark = pytest.mark.usefixtures("catalog")

PATH = "/tickets/import"


def stored(conn: Connection) -> list[dict[str, Any]]:
    return conn.execute(
        "SELECT external_id, subject, body, category, request_type FROM examples ORDER BY id"
    ).fetchall()


def test_rows_become_examples(conn: Connection) -> None:
    status, answer = import_rows(history(4))
    assert status == 200
    assert (answer["next_offset"], answer["stored"], answer["rejected"]) == (4, 4, 0)
    assert (answer["unread"], answer["errors"]) == (4, [])
    assert stored(conn) == history(4)


def test_wrong_rows_are_named_and_the_others_stored(conn: Connection) -> None:
    good = row("vpn", 1)
    rows: list[dict[str, Any]] = [
        {**good, "category": "Nowhere"},
        {**good, "external_id": ""},
        {k: v for k, v in good.items() if k != "category"},
        {**good, "subject": 5},
        {**good, "subject": " ", "body": "\n"},
        good,
    ]
    _, answer = import_rows(rows)
    assert (answer["stored"], answer["rejected"], answer["next_offset"]) == (1, 5, 6)
    assert [(error["row"], error["pointer"]) for error in answer["errors"]] == [
        (0, "/category"), (1, "/external_id"), (2, "/category"), (3, "/subject"), (4, "/body")
    ]  # fmt: skip
    assert len(stored(conn)) == 1
    status, later = ask("import_tickets", "/tickets/imports/i-1")
    assert status == 200
    assert later == {**answer, "errors": later["errors"]}
    assert {e["row"] for e in later["errors"]} == {0, 1, 2, 3, 4}


def test_a_chunk_sent_twice_counts_once_and_an_overlap_goes_on(conn: Connection) -> None:
    import_rows(history(4))
    _, again = import_rows(history(4))
    assert (again["next_offset"], again["stored"]) == (4, 4)
    _, overlapping = import_rows(history(6)[2:], offset=2)
    assert (overlapping["next_offset"], overlapping["stored"]) == (6, 6)
    assert stored(conn) == history(6)


def test_a_gap_is_refused_with_the_place_to_go_on(conn: Connection) -> None:
    import_rows(history(2))
    status, problem = import_rows(history(2), offset=3)
    assert status == 409
    assert problem["errors"] == [
        {"pointer": "/offset", "detail": "rows before it are missing; go on with offset 2"}
    ]
    assert len(stored(conn)) == 2


def test_a_known_id_takes_the_new_place_and_keeps_its_vector(conn: Connection) -> None:
    import_rows([row("vpn", 1)])
    conn.execute("UPDATE examples SET model = 'm', embedding = '[1,2]'")
    before = conn.execute("SELECT change FROM examples").fetchone()
    moved = {**row("vpn", 1), "category": "Workplace", "request_type": "Keyboard"}
    import_rows([moved], import_id="i-2")
    after = conn.execute("SELECT change, model, request_type FROM examples").fetchone()
    assert (after["model"], after["request_type"]) == ("m", "Keyboard")
    assert after["change"] > before["change"]
    import_rows([{**moved, "body": "Another text"}], import_id="i-3")
    assert conn.execute("SELECT model FROM examples").fetchone() == {"model": None}


def test_the_later_of_two_rows_with_one_id_counts(conn: Connection) -> None:
    _, answer = import_rows([row("vpn", 1), {**row("vpn", 1), "subject": "Later"}])
    assert answer["stored"] == 2
    assert [each["subject"] for each in stored(conn)] == ["Later"]


def test_rows_as_exports_have_them(conn: Connection) -> None:
    """Numbers for ids, null for what is not there, and a mark at the beginning."""
    lines = [
        json.dumps({"id": 123, "title": None, "description": "The VPN drops", "label": "Network"}),
        json.dumps({"id": 124, "title": "VPN", "description": None, "label": "Network"}),
        json.dumps({"id": True, "title": "VPN", "label": "Network"}),
    ]
    status, answer = ask(
        "import_tickets",
        PATH,
        raw="\ufeff" + "\n".join(lines),
        headers={"Content-Type": "application/x-ndjson"},
        queryStringParameters={"import_id": "b-1"},
    )
    assert (status, answer["stored"]) == (200, 2)
    assert [(each["row"], each["pointer"]) for each in answer["errors"]] == [(2, "/id")]
    assert [(each["external_id"], each["subject"], each["body"]) for each in stored(conn)] == [
        ("123", "The VPN drops", "The VPN drops"),
        ("124", "VPN", ""),
    ]


def test_csv_and_json_lines_with_the_names_of_exports(conn: Connection) -> None:
    table = 'id,title,description,label,other\n7,"Screen, black","two\nlines",Workplace,x\n'
    headers = {"Content-Type": "text/csv; charset=utf-8"}
    query = {"import_id": "c-1"}
    status, answer = ask(
        "import_tickets", PATH, raw=table, headers=headers, queryStringParameters=query
    )
    assert status == 200
    # Workplace has two request types: which one is not said.
    assert answer["errors"][0]["pointer"] == "/category"
    lines = "\n".join(
        [
            json.dumps({"id": "8", "text": "VPN drops\nagain", "label": "network"}),
            "not JSON",
            '{"id": "9", "text": "\\u0000", "label": "Network"}',
            "[]",
        ]
    )
    status, answer = ask(
        "import_tickets",
        PATH,
        raw=lines,
        headers={"Content-Type": "application/x-ndjson"},
        queryStringParameters={"import_id": "l-1", "offset": "0"},
    )
    assert status == 200
    assert (answer["stored"], answer["rejected"]) == (1, 3)
    assert [error["row"] for error in answer["errors"]] == [1, 2, 3]
    assert stored(conn) == [
        {
            "external_id": "8",
            "subject": "VPN drops",
            "body": "VPN drops\nagain",
            "category": "Network",
            "request_type": "VPN access",
        }
    ]


@pytest.mark.parametrize(
    ("chunk", "pointer"),
    [
        ({"import_id": "a b", "rows": [{}]}, "/import_id"),
        ({"import_id": "a", "rows": []}, "/rows"),
        ({"import_id": "a", "rows": [{}], "offset": -1}, "/offset"),
        ({"import_id": "a", "rows": [1]}, "/rows/0"),
        ({"rows": [{}]}, "/import_id"),
    ],
)
def test_a_wrong_chunk_is_refused_whole(chunk: object, pointer: str, conn: Connection) -> None:
    status, problem = ask("import_tickets", PATH, chunk)
    assert status == 422
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert conn.execute("SELECT FROM imports").rowcount == 0


@pytest.mark.parametrize(
    ("headers", "raw", "status"),
    [
        ({"Content-Type": "text/plain"}, "x", 415),
        ({"Content-Type": "text/csv"}, '"id', 400),
        ({"Content-Type": "text/csv"}, "id,subject,category\n", 422),
        ({"Content-Type": "application/gzip"}, "\x1f\x8b", 400),
        ({"Content-Type": "application/x-ndjson"}, "{}", 422),
        ({"Content-Type": "application/json"}, "x" * (4 * 1024 * 1024 + 1), 413),
    ],
)
def test_what_is_no_chunk_at_all(headers: dict[str, str], raw: str, status: int) -> None:
    assert ask("import_tickets", PATH, raw=raw, headers=headers)[0] == status


def test_a_column_without_a_proper_name_does_not_count(conn: Connection) -> None:
    table = "id,title,label,\x00,\n1,VPN,Network,\x00,x,y\n"
    status, answer = ask(
        "import_tickets",
        PATH,
        raw=table,
        headers={"Content-Type": "text/csv"},
        queryStringParameters={"import_id": "c-1"},
    )
    assert (status, answer["stored"]) == (200, 1)


def send(
    kind: str, raw: str, import_id: str = "s-1", mapping: str | None = None, **changes: Any
) -> tuple[int, Any]:
    """The answer to a chunk of that media type."""
    given = {"mapping": mapping} if mapping else {}
    return ask(
        "import_tickets",
        PATH,
        raw=raw,
        headers={"Content-Type": kind},
        queryStringParameters={"import_id": import_id, **given},
        **changes,
    )


@pytest.mark.parametrize("mark", [",", ";", "\t", ", "])
def test_a_table_as_spreadsheets_save_it(conn: Connection, mark: str) -> None:
    """Semicolons where commas are decimal, capitals, and a space here and there."""
    header = mark.join(["ID", "Title ", "Description", "LABEL"])
    record = mark.join(["7", "VPN", '"drops, again; and again"', "network"])
    status, answer = send("text/csv", f"\ufeff{header}\r\n{record}\r\n")
    assert (status, answer["stored"], answer["errors"]) == (200, 1, [])
    [found] = stored(conn)
    assert (found["external_id"], found["subject"]) == ("7", "VPN")
    assert found["body"] == "drops, again; and again"


def test_a_header_without_the_names_is_shown(conn: Connection) -> None:
    """F-J7: columns that may be meant are named, and taken when they are given."""
    table = "number,heading,kind\n7,VPN,Network\n"
    status, problem = send("text/csv", table)
    assert status == 422
    assert problem["errors"] == [
        {
            "pointer": f"/mapping/{field}",
            "detail": f"no column is known to hold {what}; it may be {near}: confirm it in"
            " `mapping`; the file has number, heading, kind",
        }
        for field, what, near in (
            ("subject", "subject or body", "heading"),
            ("category", "category", "kind"),
        )
    ]
    assert conn.execute("SELECT FROM imports").rowcount == 0
    given = {"subject": "Heading", "category": "kind"}
    status, answer = send("text/csv", table, mapping=json.dumps(given))
    assert (status, answer["stored"]) == (200, 1)


@pytest.mark.parametrize(
    ("mapping", "pointer"),
    [
        ("x", "/mapping"),
        ("[]", "/mapping"),
        ('{"subject": 1}', "/mapping"),
        ('{"subject": "nowhere"}', "/mapping/subject"),
        ('{"colour": "id"}', "/mapping/colour"),
    ],
)
def test_a_wrong_mapping_is_named(mapping: str, pointer: str) -> None:
    status, problem = send("text/csv", "id,title,label\n1,a,b\n", mapping=mapping)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ('id,title,label\n1,"two\nlines",Network\n2,"ab"c,Network\n3,c,Network\n', 4),
        ('id,title,label\n1,a,Network\n4,d,Network\n2,"never closed\n3,b\n', 4),
    ],
)
def test_a_bad_quote_costs_its_row_and_is_told_with_its_line(
    conn: Connection, table: str, line: int
) -> None:
    status, answer = send("text/csv", table)
    assert (status, answer["stored"], answer["rejected"]) == (200, 2, 1)
    assert answer["errors"][0]["detail"].startswith(f"line {line}: not CSV: ")


def test_a_header_that_is_no_csv_is_refused(conn: Connection) -> None:
    status, problem = send("text/csv", '"id\n')
    assert (status, "line 1: not CSV" in problem["detail"]) == (400, True)
    assert conn.execute("SELECT FROM imports").rowcount == 0


def test_a_spreadsheet_is_imported_as_a_table_is(conn: Connection, tmp_path: Path) -> None:
    """F-J7: numbers as ids, and columns by the names of Freshservice."""
    header = ["Ticket Id", "Subject", "Category", "Sub-Category", "Item"]
    with open_spreadsheet(tmp_path / "old.xlsx", datetime.now(UTC)) as book:
        table = book.add_table("Tickets", header, [0] * 5)
        table.append([4711, "=VPN", "Network", "VPN access", None])
        table.append([4712, "VPN", "Nowhere", "VPN access", None])
    sent = base64.b64encode((tmp_path / "old.xlsx").read_bytes()).decode()
    status, answer = send("application/octet-stream", sent, import_id="x-1", isBase64Encoded=True)
    assert (status, answer["stored"], answer["rejected"]) == (200, 1, 1)
    assert [(each["external_id"], each["subject"]) for each in stored(conn)] == [("4711", "=VPN")]


def test_json_lines_have_two_names(conn: Connection) -> None:
    status, answer = send("application/jsonl; charset=utf-8", json.dumps(row("vpn", 1)))
    assert (status, answer["stored"]) == (200, 1)


def test_the_names_of_members_have_any_case_and_the_first_counts(conn: Connection) -> None:
    _, answer = import_rows([{"Id": "1", "Title": "VPN", "CATEGORY": "Network", "title": "second"}])
    assert (answer["stored"], stored(conn)[0]["subject"]) == (1, "VPN")


@pytest.mark.parametrize("name", ["subject", "other", "a/b"])
def test_one_row_that_cannot_be_stored_costs_the_others_nothing(
    conn: Connection, name: str
) -> None:
    rows = [row("vpn", 1), {**row("vpn", 2), name: "a\0b"}, row("vpn", 3)]
    status, answer = import_rows(rows)
    assert (status, answer["stored"], answer["rejected"]) == (200, 2, 1)
    pointer = "/" + name.replace("/", "~1")
    assert answer["errors"] == [
        {"row": 1, "pointer": pointer, "detail": "holds the character U+0000"}
    ]
    _, answer = import_rows([{"\0": ["", "x"]}, {"\0": "\ud800"}], import_id="i-2")
    assert [each["row"] for each in answer["errors"]] == [0, 1]


@pytest.mark.parametrize(
    ("chunk", "pointer"),
    [
        ({"import_id": "a\0", "rows": [{}]}, "/import_id"),
        ({"import_id": "a", "rows": "\0"}, "/rows"),
        (["\0"], "/0"),
    ],
)
def test_beside_the_rows_it_refuses_the_chunk(
    chunk: object, pointer: str, conn: Connection
) -> None:
    status, problem = ask("import_tickets", PATH, chunk)
    assert (status, problem["errors"][0]["pointer"]) == (400, pointer)


def test_it_needs_a_catalog(conn: Connection) -> None:
    conn.execute("UPDATE catalogs SET active = false")
    assert import_rows(history(1))[0] == 409
    assert ask("import_tickets", "/tickets/imports/i-1")[0] == 404


def take_back(import_id: str = "i-1") -> int:
    """The status of the answer."""
    path = f"/tickets/imports/{import_id}"
    return call("DELETE", path).status


def test_an_import_is_taken_back_with_its_rows(conn: Connection) -> None:
    """Those aside that another one has brought again, changed or not."""
    import_rows([*history(4), {"external_id": "wrong"}])
    import_rows([history(1)[0], {**history(2)[1], "body": "changed"}], import_id="i-2")
    assert take_back() == 204
    left = conn.execute("SELECT external_id FROM examples ORDER BY 1").fetchall()
    assert [each["external_id"] for each in left] == ["monitor-1", "vpn-0"]
    assert conn.execute("SELECT id FROM imports").fetchall() == [{"id": "i-2"}]
    assert conn.execute("SELECT FROM import_errors").rowcount == 0
    assert take_back() == 404
    assert (take_back("i-2"), conn.execute("SELECT FROM examples").rowcount) == (204, 0)
    assert import_rows(history(4))[1]["stored"] == 4


def test_what_is_brought_again_unchanged_is_not_read_again(conn: Connection) -> None:
    import_rows(history(4))
    learn()
    import_rows(history(4), import_id="i-2")
    assert learn()["read"] == 0


def test_only_administrators_import(monkeypatch: pytest.MonkeyPatch, conn: Connection) -> None:
    """F-K2"""
    from deskhand.settings import environment

    monkeypatch.setenv("ANONYMOUS_ROLE", "agent")
    environment.settings.cache_clear()
    assert import_rows(history(1))[0] == 403
    assert ask("import_tickets", "/tickets/imports/i-1")[0] == 403
