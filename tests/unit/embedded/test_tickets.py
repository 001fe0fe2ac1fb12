"""Reading the tickets of a user's file."""

from pathlib import Path

import pytest

from embedded import tickets
from embedded.errors import EmbeddedError
from embedded.tickets import Submission


def written(tmp_path: Path, *lines: str | bytes) -> Path:
    path = tmp_path / "own.jsonl"
    path.write_bytes(b"\n".join(x if isinstance(x, bytes) else x.encode() for x in lines))
    return path


def test_reads_every_spelling_of_a_ticket(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '{"subject": "VPN", "body": "is down", "customer_id": "c-7", "tags": ["vpn"]}',
        "",
        '{"title": "VPN", "description": "is down", "id": 12}',
        '{"text": "vpn is down\\nsince monday"}',
    )
    assert tickets.read(path) == [
        Submission(
            "/tickets",
            {"subject": "VPN", "body": "is down", "customer_id": "c-7", "tags": ["vpn"]},
        ),
        Submission("/tickets", {"subject": "VPN", "body": "is down", "customer_id": "demo"}),
        Submission(
            "/tickets",
            {
                "subject": "vpn is down",
                "body": "vpn is down\nsince monday",
                "customer_id": "demo",
            },
        ),
    ]


def test_an_incident_is_one_description(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '{"kind": "incident", "description": "mail is down"}',
        '{"kind": "incident", "subject": "mail", "body": "is down"}',
    )
    assert [(s.path, s.body) for s in tickets.read(path)] == [
        ("/incidents", {"description": "mail is down"}),
        ("/incidents", {"description": "mail\n\nis down"}),
    ]


def test_what_a_field_holds_is_left_to_the_api() -> None:
    assert tickets.submission({"subject": 7, "body": ["x"]}).body["subject"] == 7
    assert tickets.submission({"subject": "", "body": ""}).body["subject"] == ""


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"subject": "a"', "not JSON: Expecting ',' delimiter at character 16"),
        ('["subject"]', "not a JSON object"),
        ('{"id": 1, "body": null}', "neither subject"),
        (b'{"subject": "\xff"}', "not UTF-8"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str | bytes, reason: str) -> None:
    path = written(tmp_path, '{"subject": "good", "body": ""}', line)
    with pytest.raises(EmbeddedError) as raised:
        tickets.read(path)
    assert str(raised.value).startswith(f"{path}:2: {reason}")


def test_a_json_array_is_read(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text('\ufeff\n [{"subject": "a", "body": "b"},\n {"text": "c"}]')
    assert [each.subject for each in tickets.read(path)] == ["a", "c"]
    path.write_text('[{"subject": "a"}, 7]')
    with pytest.raises(EmbeddedError, match=r"own\.json: element 2: not a JSON object: give JSON"):
        tickets.read(path)
    path.write_text('[{"subject": "a"}, ')
    with pytest.raises(EmbeddedError, match=r"own\.json is not a JSON array: "):
        tickets.read(path)
    path.write_text("[" * 100_000)
    with pytest.raises(EmbeddedError, match=r"own\.json is not a JSON array: "):
        tickets.read(path)


@pytest.mark.parametrize(("name", "mark"), [("own.csv", ","), ("own.csv", ";"), ("own.dat", "\t")])
def test_a_table_is_read(tmp_path: Path, name: str, mark: str) -> None:
    path = tmp_path / name
    lines = [["Subject", "Body", "Customer_ID", "Tags"], ["VPN", '"is\ndown"', "c-7", "vpn home"]]
    path.write_text("\n".join(mark.join(line) for line in lines))
    [found] = tickets.read(path)
    assert found.body == {
        "subject": "VPN",
        "body": "is\ndown",
        "customer_id": "c-7",
        "tags": ["vpn", "home"],
    }


def test_a_table_that_is_called_json_says_what_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text("subject,body\na,b\n")
    with pytest.raises(EmbeddedError, match=r"own\.jsonl:1: not JSON: .* a CSV or a spreadsheet"):
        tickets.read(path)


def test_a_missing_and_an_empty_file_say_so(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="cannot be read: No such file"):
        tickets.read(tmp_path / "none.jsonl")
    with pytest.raises(EmbeddedError, match="holds no tickets"):
        tickets.read(written(tmp_path, ""))


def test_more_than_there_are_go_round() -> None:
    a, b = Submission("/tickets", {"subject": "a"}), Submission("/tickets", {"subject": "b"})
    assert list(tickets.repeat([a, b], 5)) == [a, b, a, b, a]
    assert list(tickets.repeat([a, b], 1)) == [a]
    assert list(tickets.repeat([a, b], None)) == [a, b]
