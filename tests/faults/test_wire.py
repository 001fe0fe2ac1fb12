"""Where statements begin and end, however the bytes arrive."""

import pytest

from tests.faults.wire import Backend, Frontend, Passing, Request, summary

STARTUP = (8).to_bytes(4) + (196608).to_bytes(4)
SSL = (8).to_bytes(4) + (80877103).to_bytes(4)


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + (len(body) + 4).to_bytes(4) + body


QUERY = message(b"Q", b"COMMIT\0")
EXTENDED = (
    message(b"P", b"\0INSERT INTO runs VALUES ($1)\0\0\0")
    + message(b"B", b"....")
    + message(b"E", b"....")
    + message(b"S")
)


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_requests_are_whole(size: int) -> None:
    sent = SSL + STARTUP + message(b"p", b"secret") + QUERY + EXTENDED + message(b"X")
    frontend = Frontend()
    units = [
        unit for at in range(0, len(sent), size) for unit in frontend.feed(sent[at : at + size])
    ]
    assert units == [
        Passing(SSL),
        Request(STARTUP, "connect", greeting=True),
        Passing(message(b"p", b"secret")),
        Request(QUERY, "COMMIT"),
        Request(EXTENDED, "INSERT INTO runs VALUES ($1)"),
        Passing(message(b"X")),
    ]


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_answers_are_cut_into_messages(size: int) -> None:
    sent = message(b"T", b"row") + message(b"C", b"SELECT 1\0") + message(b"Z", b"I")
    backend = Backend()
    found = [
        each for at in range(0, len(sent), size) for each in backend.feed(sent[at : at + size])
    ]
    assert [kind for kind, _ in found] == [b"T", b"C", b"Z"]
    assert b"".join(data for _, data in found) == sent


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("COMMIT", "commit"),
        ("SELECT 1", "select"),
        ("", "?"),
        ("UPDATE runs SET a = 1 FROM failed WHERE x", "update runs, from failed"),
        (
            "WITH a AS MATERIALIZED (SELECT 1), b AS (INSERT INTO keys AS k VALUES (1)"
            " ON CONFLICT (x) DO UPDATE SET y = 2) SELECT x FROM b JOIN tickets t ON true",
            "insert keys, from tickets",
        ),
    ],
)
def test_a_summary_names_tables(sql: str, wanted: str) -> None:
    assert summary(sql) == wanted
