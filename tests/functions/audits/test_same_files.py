"""An audit and an import read the same files, and name the same errors; so does `make import`."""

import json
from pathlib import Path
from typing import Any

import pytest

from deskhand.learning.import_rows import FAULT, of_table
from deskhand.spreadsheets.api import open_table
from deskhand.store.connection import Connection
from embedded.importing import as_fields, rows
from tests.functions.audits.exports import ask
from tests.functions.learning.old_tickets import ask as ask_function

pytestmark = pytest.mark.usefixtures("catalog")

READ = {
    "names as Jira writes them": "Issue key,Summary,Description,Component/s,Request type\n"
    "A-1,VPN drops,at home,Network,VPN access\n",
    "a line of Excel": "sep=;\nid;title;text;label;Request Type\n"
    "A-1;VPN drops;at home;Network;VPN access\n",
    "a repeated column": "id,title,text,label,label,request type\n"
    "A-1,VPN drops,at home,Network,Other,VPN access\n",
    "a mark of order": "\ufeffid\ttitle\ttext\tlabel\trequest_type\n"
    "A-1\tVPN drops\tat home\tNetwork\tVPN access\n",
}
ENCODED = {
    "windows": "id;title;text;label\r\nA-1;T\u00fcr \u20ac;zu;Network\r\n".encode("cp1252"),
    "utf-16": "sep=;\r\nid;title;text;label\r\nA-1;T\u00fcr;zu;Network\r\n".encode("utf-16"),
}
STRAY = 'id,title,text,label,request_type\nA-1,"VPN"drops,at home,Network,VPN access\n'


def imported(table: str) -> tuple[int, Any]:
    return ask_function(
        "import_tickets",
        "/tickets/import",
        raw=table,
        headers={"Content-Type": "text/csv"},
        queryStringParameters={"import_id": "i-1"},
    )


@pytest.mark.parametrize("table", READ.values(), ids=READ)
def test_both_read_the_same_ticket(conn: Connection, table: str) -> None:
    """F-J7, F-G3"""
    status, tried = ask("POST", sent=table.encode(), dry_run="true")
    assert (status, tried["problems"]) == (200, [])
    assert imported(table)[1]["errors"] == []
    names = ("external_id", "subject", "body", "category", "request_type")
    stored = conn.execute(
        "SELECT external_id, subject, body, category, request_type FROM examples"
    ).fetchone()
    [shown] = tried["rows"]
    assert {name: shown[name] for name in names} == stored
    assert stored == dict(
        zip(names, ("A-1", "VPN drops", "at home", "Network", "VPN access"), strict=True)
    )


def test_both_name_the_same_columns_that_they_lack() -> None:
    """F-J7, F-G3: an import needs a category, too."""
    table = "number,heading,kind\n7,VPN,Network\n"
    _, tried = ask("POST", sent=table.encode(), dry_run="true")
    status, problem = imported(table)
    assert status == 422
    assert [each for each in problem["errors"] if each["pointer"] != "/mapping/category"] == tried[
        "problems"
    ]


def test_both_name_the_same_fault_of_a_line() -> None:
    """F-J7, F-G3: a stray quote costs its line only."""
    _, tried = ask("POST", sent=STRAY.encode(), dry_run="true")
    [fault] = tried["source"]["faults"]
    [error] = imported(STRAY)[1]["errors"]
    assert error["detail"] == f"line {fault['place']}: {fault['detail']}"


@pytest.mark.parametrize("sent", ["", '"id'])
def test_both_refuse_what_is_no_table(sent: str) -> None:
    """F-J7, F-G3: in the same words."""
    status, problem = ask("POST", sent=sent.encode(), dry_run="true")
    told, other = imported(sent)
    assert status == told >= 400
    assert problem["detail"] == other["detail"]


@pytest.mark.parametrize("name", ["old.csv", "old", "old.export"])
@pytest.mark.parametrize(
    "sent",
    [*(table.encode() for table in READ.values()), *ENCODED.values(), STRAY.encode()],
    ids=[*READ, *ENCODED, "a stray quote"],
)
def test_make_import_reads_what_the_api_reads(sent: bytes, name: str, tmp_path: Path) -> None:
    """F-G3 F-J7: by the bytes of the file, whatever it is called."""
    file = tmp_path / name
    file.write_bytes(sent)
    read = [
        {FAULT: ["", f"{row.place}: {row.fault}"]} if row.fault else json.loads(row.sent)
        for row in rows(file, as_fields)
    ]
    assert read == list(of_table(*open_table(sent, {})))
