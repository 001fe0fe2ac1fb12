"""Reading tickets over HTTP."""

from datetime import datetime
from uuid import UUID

import pytest

from deskhand.settings.environment import settings
from deskhand.store import runs, steps, suggestions
from deskhand.store.connection import Connection
from deskhand.store.steps import Outcome
from deskhand.store.suggestions import Suggestion
from tests import arrange
from tests.functions.gateway import Answer, call
from tests.functions.tickets.requests import trail

pytestmark = pytest.mark.usefixtures("aws")

UNKNOWN = "00000000-0000-7000-8000-000000000000"


def read(ticket_id: object, **headers: str | list[str]) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return call("GET", f"/tickets/{ticket_id}", headers=named)


def test_a_ticket_has_every_stored_field_and_an_etag(conn: Connection) -> None:
    """F-A4"""
    ticket_id, run_id = arrange.accepted(conn, tags=["vpn"])
    answer = read(ticket_id)
    ticket = answer.body
    columns = conn.execute("SELECT * FROM tickets").fetchone()
    assert columns is not None
    assert set(columns) - {"search", "search_version"} <= set(ticket)
    assert ticket["id"] == str(ticket_id)
    assert ticket["created_at"].endswith("Z")
    assert (ticket["workflow_run_id"], ticket["workflow_status"]) == (run_id, "PENDING")
    assert answer.headers["ETag"] == '"1"'


def test_times_are_utc_whatever_the_server_says(conn: Connection) -> None:
    """F-A4"""
    conn.execute("ALTER DATABASE test_clone SET timezone = 'Asia/Kolkata'")
    ticket_id, _ = arrange.accepted(conn)
    created = conn.execute("SELECT created_at FROM tickets").fetchone()["created_at"]
    shown = read(ticket_id).body["created_at"]
    assert shown.endswith("Z")
    assert datetime.fromisoformat(shown) == created


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/tickets/{UNKNOWN}", 404),
        ("/tickets/nonsense", 400),
        ("/tickets/{00000000-0000-7000-8000-000000000000}", 400),
        ("/tickets/00000000000070008000000000000000", 400),
        ("/tickets/0000000\uff10-0000-7000-8000-000000000000", 400),
        ("/tickets/%00", 400),
        (f"/tickets/{UNKNOWN}/events", 404),
        ("/tickets/nonsense/events", 400),
        ("/runs/999", 404),
        ("/runs/0", 400),
        ("/runs/-1", 400),
        ("/runs/x", 400),
        ("/runs/99999999999999999999999", 400),
        ("/runs/" + "0" * 19 + "19", 400),
        ("/runs/" + "0" * 19 + "1" + "9" * 20, 400),
        ("/runs/" + "0" * 19 + "1" + "0" * 4_400, 400),
        ("/nothing", 404),
    ],
)
def test_what_is_not_there_is_a_problem_document(conn: Connection, path: str, status: int) -> None:
    """F-A4 F-A14"""
    answer = call("GET", path)
    assert answer.status == status
    assert answer.body["instance"] == path


def test_an_encoded_id_is_the_same_id(conn: Connection) -> None:
    """F-A4"""
    ticket_id, _ = arrange.accepted(conn)
    encoded = str(ticket_id).upper().replace("-", "%2D")
    assert read(encoded).body["id"] == str(ticket_id)


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ('"2"', 304),
        ('W/"2"', 304),
        ("*", 304),
        (['"1"', '"2"'], 304),
        ('"1", W/"2"', 304),
        ('"1"', 200),
        ('"02"', 200),
        ("2", 400),
        ('*, "2"', 400),
    ],
)
def test_a_reader_who_has_it_all_gets_nothing(
    conn: Connection, tags: str | list[str], status: int
) -> None:
    """F-A4"""
    ticket_id, run_id = arrange.accepted(conn)
    runs.fail(conn, run_id, 1, "Broken", "why")
    answer = read(ticket_id, If_None_Match=tags)
    assert answer.status == status
    if status == 304:
        assert (answer.headers["ETag"], answer.body) == ('"2"', None)


def test_a_run_that_goes_on_is_news(conn: Connection) -> None:
    """F-A4: the version of the ticket does not count what its run does."""
    ticket_id, run_id = arrange.accepted(conn)
    assert read(ticket_id, If_None_Match='"1"').body["workflow_status"] == "PENDING"
    steps.open_step(conn, run_id, 1, "classify", 0)
    assert read(ticket_id, If_None_Match='"1"').body["workflow_status"] == "IN_PROGRESS"


def test_what_happens_to_a_suggested_duplicate_is_news(conn: Connection) -> None:
    """F-A4: its subject and status are shown, and the version does not count them."""
    (ticket_id, run_id), (other, _) = arrange.accepted(conn), arrange.accepted(conn)
    runs.fail(conn, run_id, 1, "Broken", "why")
    assert read(ticket_id, If_None_Match='"2"').status == 304
    similar = Suggestion(other, 0.85, 0.9, text_version=1, similar_version=1)
    suggestions.suggest(conn, ticket_id, [similar])
    for status in ("open", "solved"):
        conn.execute("UPDATE tickets SET status = %s, title = 't' WHERE id = %s", [status, other])
        answer = read(ticket_id, If_None_Match='"2"')
        assert answer.headers["ETag"] == '"2"'
        assert [each["status"] for each in answer.body["suggested_duplicates"]] == [status]


def test_the_latest_run_is_shown(conn: Connection) -> None:
    ticket_id, first = arrange.accepted(conn)
    runs.fail(conn, first, 1, "Broken", "why")
    second = conn.execute(
        "INSERT INTO runs (ticket_id, request_id) VALUES (%s, 'r') RETURNING id", [ticket_id]
    ).fetchone()["id"]
    page = call("GET", "/tickets").body
    assert [t["workflow_run_id"] for t in page["tickets"]] == [second]
    assert read(ticket_id).body["workflow_run_id"] == second


def test_the_trail_is_in_order(conn: Connection) -> None:
    """F-A9"""
    ticket_id, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "classify", 0)
    steps.note_failure(conn, run_id, 1, "classify", "ModelUnavailable", 0.5)
    events = trail(ticket_id)
    assert [e["kind"] for e in events] == [
        "ticket.created",
        "run.pending",
        "run.in_progress",
        "step.failed",
    ]
    assert events[-1]["data"]["error"] == "ModelUnavailable"


def test_a_run_shows_steps_and_execution(conn: Connection) -> None:
    """F-D1"""
    ticket_id, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "classify", 0)
    steps.close_step(conn, run_id, 1, "classify", 0, Outcome({"category": "Network"}), 0.25)
    run = call("GET", f"/runs/{run_id}").body
    assert (run["status"], run["attempt"], run["current_step"]) == ("IN_PROGRESS", 1, "classify")
    [done] = run["steps"]
    assert (done["step"], done["seconds"], done["verdict"]) == (
        "classify", 0.25, {"category": "Network"}
    )  # fmt: skip
    assert run["execution_arn"].endswith(f":execution:triage:t-{ticket_id}-r{run_id}-a1")
    assert UUID(run["ticket_id"]) == ticket_id


def test_an_express_execution_is_known_from_its_first_step_on(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKFLOW_TYPE", "EXPRESS")
    settings.cache_clear()
    _, run_id = arrange.accepted(conn)
    assert call("GET", f"/runs/{run_id}").body["execution_arn"] is None
    arn = "arn:aws:states:us-east-1:123456789012:express:triage-express:one:two"
    steps.open_step(conn, run_id, 1, "validate_ticket", 0, arn)
    assert call("GET", f"/runs/{run_id}").body["execution_arn"] == arn
