"""A person is erased: everywhere, for good, beside running work, and with no word of them."""

import json
from typing import Any

import pytest

from deskhand.errors import AttemptOvertaken
from deskhand.store import erasure
from deskhand.store.connection import Connection
from functions.classify.handler import handler as classify
from functions.dispatch.handler import handler as dispatch
from functions.erase_person.handler import handler
from functions.publish_metrics.handler import handler as publish_metrics
from functions.reconcile.handler import handler as reconcile
from functions.relay.handler import handler as relay
from tests import arrange
from tests.functions.conftest import event, step_event
from tests.functions.erasure.conftest import ADDRESS, MARK, Known, files, found
from tests.functions.operations.invariants import broken


def erased(person: str = ADDRESS, **more: Any) -> dict[str, Any]:
    return handler({"person": person, **more}, None)


def test_a_dry_run_counts_and_changes_nothing(conn: Connection, known: Known) -> None:
    """F-N11"""
    before = found(conn, *known.marks)
    answer = handler(event("erase_person", person=ADDRESS), None)
    assert (answer["dry_run"], answer["done"]) == (True, True)
    assert answer["counts"]["tickets"] == len(known.tickets) - 1  # one had been deleted before
    assert found(conn, *known.marks) == before
    counted, done = answer["counts"], erased()["counts"]
    # Rows of the person's own tickets go with these; an audit row of each comes.
    for name in ("tickets.assignee", "events", "audit"):
        assert counted.pop(name) and done.pop(name)
    assert done.pop("daily_figures")  # they count nothing any more only then
    assert counted == done


@pytest.mark.parametrize("by", ["address", "account"])
def test_nothing_is_left_of_a_person(conn: Connection, known: Known, by: str) -> None:
    """F-N11: in any column of any table, nor in the bucket; what others did stays."""
    assert len(found(conn, *known.marks)) > 20, "the person is in too few places"
    assert broken() == {}
    answer = erased(ADDRESS.upper() if by == "address" else str(known.account_id))
    assert (answer["done"], answer["mentioned"]) == (True, {})
    assert found(conn, *known.marks) == {}
    assert files() == set()
    assert broken() == {}
    publish_metrics({}, None)
    assert broken() == {}
    left = {row["id"]: row for row in conn.execute("SELECT * FROM tickets")}
    assert left.keys() >= set(known.others.values())
    assert left[known.others["repeat"]]["duplicate_of"] is None
    assert left[known.others["older"]]["assignee"] == "erased"
    [kept] = [row for row in left.values() if row["customer_id"] == "c-77"]
    assert (kept["caller"], kept["subject"]) == ("erased", "For a colleague")


def test_the_audit_row_says_how_much_and_nothing_about_whom(conn: Connection, known: Known) -> None:
    """F-N11"""
    answer = erased()
    [row] = conn.execute("SELECT * FROM audit WHERE action = 'person.erased'").fetchall()
    assert row["data"] == answer["counts"]
    assert (row["actor"], row["ticket_id"]) == ("erasure", None)
    deleted = conn.execute(
        "SELECT DISTINCT request_id FROM audit WHERE action = 'ticket.deleted'"
        " AND actor = 'erasure'"
    ).fetchall()
    assert [each["request_id"] for each in deleted] == [row["request_id"]]


def test_to_erase_again_changes_nothing(conn: Connection, known: Known) -> None:
    """F-N11"""
    erased()
    assert erased() == {"dry_run": False, "done": True, "counts": {}, "mentioned": {}}
    assert erased(str(known.account_id))["counts"] == {}
    assert conn.execute("SELECT FROM audit WHERE action = 'person.erased'").rowcount == 1


def test_what_was_interrupted_goes_on(
    conn: Connection, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-N11: the time is over after each part; every invariant holds between two calls."""
    monkeypatch.setattr("functions.erase_person.handler.RUN_SECONDS", -1.0)
    calls = 0
    while not erased()["done"]:
        calls += 1
        assert broken() == {}
        if calls > 40:
            monkeypatch.setattr("functions.erase_person.handler.RUN_SECONDS", 200.0)
    assert found(conn, *known.marks) == {}


def test_runs_of_erased_tickets_end_and_nothing_comes_back(
    conn: Connection, known: Known, messages: Any
) -> None:
    """F-N11: neither from the queue, nor from the outbox, nor from a step that is at work."""
    relay({"due_now": True}, None)
    row = conn.execute(
        "SELECT id FROM runs WHERE ticket_id = %(id)s", {"id": known.tickets["begun"]}
    ).fetchone()
    erased()
    with pytest.raises(AttemptOvertaken):
        classify(step_event("classify", (known.tickets["begun"], row["id"])), None)
    [record] = event("dispatch")["Records"]
    records = [
        {**record, "messageId": str(n), "body": json.dumps(body)}
        for n, body in enumerate(messages())
    ]
    assert records
    assert dispatch({"Records": records}, None) == {"batchItemFailures": []}
    relay({"due_now": True}, None)
    reconcile({}, None)
    assert found(conn, *known.marks) == {}
    assert broken() == {}


def test_what_others_write_of_the_person_is_named_and_left(conn: Connection, known: Known) -> None:
    """F-N11: people decide about it."""
    text = f"Please call {ADDRESS}, she knows."
    ticket_id, _ = arrange.accepted(conn, body=text, customer_id="c-5")
    arrange.accepted(conn, body=f"Please call other.{ADDRESS}", customer_id="c-5")
    assert erased()["mentioned"] == {"tickets": [str(ticket_id)]}
    assert set(found(conn, MARK)) == {"tickets.body", "tickets.search"}


def test_a_customer_without_an_address_is_erased_by_id(conn: Connection, known: Known) -> None:
    """F-N11"""
    mine, _ = arrange.accepted(conn, customer_id="C-1024", subject="Mine")
    near, _ = arrange.accepted(conn, customer_id="c-10245", subject="Not mine")
    assert erased("c-1024")["counts"] == {"tickets": 1, "exports": 1}
    left = {row["id"] for row in conn.execute("SELECT id FROM tickets")}
    assert mine not in left and near in left


@pytest.mark.parametrize("wrong", [None, "", "  ", 7, "a\x00b", "x" * 321, "erased", "Erased"])
def test_who_is_not_named_is_not_erased(conn: Connection, database: str, wrong: Any) -> None:
    """F-N11"""
    with pytest.raises(ValueError, match="person: "):
        handler({"person": wrong}, None)


def test_every_column_with_a_caller_is_known_to_the_erasure(conn: Connection) -> None:
    """F-N11: a new table with a name of a caller must say how it is erased."""
    rows = conn.execute(
        """
        SELECT c.relname || '.' || a.attname AS column FROM pg_class c JOIN pg_attribute a
        ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
          AND a.atttypid IN ('text'::regtype, 'text[]'::regtype)
          AND (a.attname IN ('caller', 'actor', 'assignee', 'recipient', 'email', 'customer_id')
               OR a.attname ~ '_(by|email)$')
        """
    ).fetchall()
    elsewhere = {
        "tickets.customer_id",  # the tickets go
        "accounts.email", "invites.email",  # the rows go
        "idempotency_keys.caller", "request_paces.caller", "report_mails.recipient",
        "events.actor", "audit.actor",  # trails
        "notices.recipient", "attribution_requests.requester_email",
        "sessions.ended_by",  # how, not who
        "ticket_facts.responded_by", "ticket_facts.solved_by",  # follow from events
    }  # fmt: skip
    elsewhere |= {"bulks.actor", "bulks.undone_by"}  # the rows go
    parts = {part.name for part in erasure.PARTS}
    assert {row["column"] for row in rows} - elsewhere <= parts


def test_other_lists_that_people_named_stay(conn: Connection, known: Known) -> None:
    """F-N11"""
    erased()
    rows = conn.execute("SELECT preferences -> 'views' AS views FROM accounts").fetchall()
    assert [{"name": "B", "query": "status=open"}] in [row["views"] for row in rows]
