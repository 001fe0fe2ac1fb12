"""The learn function: reads examples, trains when enough has changed, never twice at once."""

from typing import Any

import pytest

from deskhand.catalog.loaded import in_force
from deskhand.learning import learn as learning
from deskhand.learning.classifier import unpack
from deskhand.learning.memory import recall
from deskhand.settings.embedder import EMBEDDED
from deskhand.store import classifiers, examples, import_progress
from deskhand.store.classifiers import Stored
from deskhand.store.connection import Connection
from deskhand.ticket import TicketText
from tests import arrange
from tests.functions.learning.old_tickets import history, import_rows, learn, row

pytestmark = pytest.mark.usefixtures("catalog")


def classifier(conn: Connection) -> dict[str, Any]:
    row = conn.execute("SELECT * FROM classifiers").fetchone()
    assert row is not None
    return row


def test_examples_are_read_and_learnt_from(conn: Connection) -> None:
    import_rows(history(60))
    done = learn()
    assert (done["read"], done["unread"], done["collected"]) == (60, 0, 0)
    made = classifier(conn)
    assert (made["id"], made["examples"]) == (done["classifier"], 60)
    assert made["report"]["accuracy"] > 0.9
    assert made["progress"] == 1


def test_no_secret_of_an_old_ticket_is_remembered(conn: Connection) -> None:
    """F-E12: a model that is shown similar tickets reads none."""
    secret = {"body": "The tunnel drops. My password is Sommer2026!"}
    import_rows([row("vpn", 1) | secret])
    learn()
    known = recall(conn, TicketText("The tunnel drops", ""), in_force(conn).phrases)
    assert len(known.nearest) == 1
    assert known.nearest[0].text.endswith("My password is " + "\u2022" * 11)


def test_no_word_of_a_secret_is_learnt(conn: Connection) -> None:
    """F-E12: the words of the stored classifier."""
    secret = "My password is Sommer2026xq!"
    import_rows([each | {"body": f"{each['body']} {secret}"} for each in history(60)])
    learn()
    stored = classifiers.newest(conn, None)
    assert isinstance(stored, Stored)
    learnt = unpack(stored.weights, stored.through, stored.report)
    assert learnt is not None
    said = learnt.vocabulary.terms
    assert any("password" in term for term in said)
    assert not [term for term in said if "sommer" in term or "2026xq" in term]


def test_too_few_are_read_only(conn: Connection) -> None:
    import_rows(history(10))
    assert learn() == {"collected": 0, "read": 10, "unread": 0, "classifier": None}
    assert conn.execute("SELECT FROM classifiers").rowcount == 0


def test_it_trains_anew_once_enough_has_changed(conn: Connection) -> None:
    import_rows(history(60))
    first = learn()["classifier"]
    assert learn()["classifier"] is None
    assert learn(force=True)["classifier"] is None  # nothing has changed at all
    import_rows([row("vpn", 1000)], import_id="one")
    assert learn()["classifier"] is None
    assert learn(force=True)["classifier"] > first
    import_rows([row("vpn", number) for number in range(2000, 2020)], import_id="many")
    assert learn()["classifier"] is not None


def test_what_was_taken_back_is_forgotten(conn: Connection) -> None:
    import_rows(history(60))
    import_rows([row("vpn", number) for number in range(2000, 2030)], import_id="wrong")
    first = learn()["classifier"]
    with conn.transaction():
        assert import_progress.delete_import(conn, "wrong")
    assert learn()["classifier"] > first
    assert classifiers.progress_of_newest(conn) == (60, 60)
    with conn.transaction():
        assert import_progress.delete_import(conn, "i-1")
    assert learn()["classifier"] is None
    assert conn.execute("SELECT FROM classifiers").rowcount == 0


def test_while_one_trains_nobody_else_does(conn: Connection) -> None:
    import_rows(history(60))
    made = classifiers.begin(conn, 1, 1)
    assert made is not None
    assert learn()["classifier"] is None
    conn.execute("UPDATE classifiers SET lease_until = now() - interval '1 second'")
    assert learn()["classifier"] is not None
    assert not classifiers.finish(conn, made, b"", {})


def test_a_failed_training_makes_room_for_the_next(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_rows(history(60))

    def fails(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch, pytest.raises(MemoryError):
        patch.setattr(learning, "train", fails)
        learn()
    assert learn()["classifier"] is not None


def test_the_last_three_are_kept(conn: Connection) -> None:
    import_rows(history(60))
    for number in range(5):
        import_rows([row("vpn", 1000 + number)], import_id=f"i-{number}")
        learn(force=True)
    assert conn.execute("SELECT FROM classifiers").rowcount == 3


def test_what_was_solved_unchanged_is_learnt_from(conn: Connection) -> None:
    triaged = "category = 'Network', request_type = 'VPN access', title = 't'"
    reviewed = "needs_review = true, evidence = '[]'"
    for change in (
        "status = 'solved'",
        "status = 'solved', confidence = 0.6, " + reviewed,
        "status = 'closed', confidence = 0.4, " + reviewed,
        "status = 'solved', confidence = 0.6, needs_review = true,"
        """ evidence = '[{"source": "sign"}]'""",
        "status = 'open'",
    ):
        ticket = arrange.accepted(conn)[0]
        conn.execute(
            f"UPDATE tickets SET {triaged}, {change} WHERE id = %s",  # noqa: S608 - names of our own
            [ticket],
        )
    assert learn()["collected"] == 2
    assert learn()["collected"] == 0


def test_what_was_solved_as_something_else_is_an_example_of_that(conn: Connection) -> None:
    ticket = arrange.accepted(conn)[0]
    triaged = "UPDATE tickets SET category = %s, request_type = %s, title = 't', status = 'solved'"
    for pair in (("Network", "VPN access"), ("Workplace", "Monitor")):
        conn.execute(triaged.encode(), pair)
        assert learn()["collected"] == 1
        assert learn()["collected"] == 0
        [known] = conn.execute("SELECT category, request_type, ticket_id FROM examples").fetchall()
        assert (known["category"], known["request_type"], known["ticket_id"]) == (*pair, ticket)
    # What people said is not what triage says later.
    examples.learn_from(conn, ticket, "Network", "VPN access")
    assert learn()["collected"] == 0


def test_only_what_people_said_is_tried(conn: Connection) -> None:
    """F-G3: unattended triage is learnt from, but does not prove itself right."""
    import_rows(history(60))
    for number in range(30):
        kind = ("vpn", "monitor")[number % 2]
        old = row(kind, 500 + number)
        ticket = arrange.accepted(conn, subject=old["subject"], body=old["body"])[0]
        conn.execute(
            "UPDATE tickets SET category = %s, request_type = %s, title = 't', status = 'solved'"
            " WHERE id = %s",
            [old["category"], old["request_type"], ticket],
        )
    assert learn()["collected"] == 30
    [made] = conn.execute("SELECT examples, report FROM classifiers").fetchall()
    assert (made["examples"], made["report"]["tried"]) == (90, 60)


def test_a_vector_of_an_older_text_is_not_kept(conn: Connection) -> None:
    ticket = arrange.accepted(conn)[0]
    examples.learn_from(conn, ticket, "Network", "VPN access")
    conn.execute("UPDATE tickets SET text_version = 2")
    examples.set_vector_of(conn, ticket, 1, "m", "[1,2]")
    assert examples.count_unread(conn, "m") == 1
    examples.set_vector_of(conn, ticket, 2, "m", "[1,2]")
    assert examples.count_unread(conn, "m") == 0


def test_a_ticket_is_no_neighbour_of_its_own(conn: Connection) -> None:
    ticket = arrange.accepted(conn)[0]
    import_rows([row("vpn", 1)])
    examples.learn_from(conn, ticket, "Network", "VPN access")
    learn()
    vector = examples.literal([1.0] * 384)
    every = examples.nearest_examples(conn, EMBEDDED.name, vector, 9)
    others = examples.nearest_examples(conn, EMBEDDED.name, vector, 9, beside=ticket)
    assert {each["reference"] for each in every} == {"vpn-1", str(ticket)}
    assert [each["reference"] for each in others] == ["vpn-1"]


def test_an_example_that_changes_while_it_is_read_is_read_again(conn: Connection) -> None:
    import_rows([row("vpn", 1)])
    read = examples.unread_examples(conn, "m", 10)
    import_rows([{**row("vpn", 1), "body": "changed"}], import_id="i-2")
    examples.set_vectors(conn, "m", read, ["[1,2]"])
    assert examples.count_unread(conn, "m") == 1


def test_a_deleted_ticket_is_forgotten(conn: Connection) -> None:
    ticket = arrange.accepted(conn)[0]
    examples.learn_from(conn, ticket, "Network", "VPN access")
    conn.execute("DELETE FROM outbox; DELETE FROM events; DELETE FROM runs; DELETE FROM tickets")
    assert arrange.count(conn, "examples") == 0
