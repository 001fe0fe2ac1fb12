"""A message is owed until it is marked sent; relays share the work."""

from concurrent.futures import ThreadPoolExecutor

from deskhand.store import outbox, runs
from deskhand.store.connection import Connection, open_connection
from deskhand.store.outbox import AnyMessage, Message
from deskhand.store.runs import Stalled
from tests import arrange


def test_a_fresh_message_is_left_to_ingest(conn: Connection) -> None:
    arrange.accepted(conn)
    assert outbox.claim_due(conn, 10) == []
    conn.execute("UPDATE outbox SET next_try_at = now() - interval '1 second'")
    assert len(outbox.claim_due(conn, 10)) == 1


def test_a_claimed_message_comes_back_later_until_it_is_sent(conn: Connection) -> None:
    """F-C2"""
    arrange.accepted(conn)
    outbox.make_due(conn)
    [message] = outbox.claim_due(conn, 10)
    assert outbox.claim_due(conn, 10) == []
    outbox.make_due(conn)
    assert outbox.claim_due(conn, 10) == [message]
    outbox.mark_sent(conn, [message])
    outbox.make_due(conn)
    assert outbox.claim_due(conn, 10) == []
    assert outbox.unsent(conn) == 0


def test_marking_one_attempt_leaves_the_others_owed(conn: Connection) -> None:
    ticket_id, run_id = arrange.accepted(conn)
    runs.next_attempt(conn, Stalled(ticket_id, run_id, 1, "PENDING", started=False))
    outbox.mark_sent(conn, [Message(ticket_id, run_id, 1)])
    outbox.make_due(conn)
    assert outbox.claim_due(conn, 10) == [Message(ticket_id, run_id, 2)]


def test_the_longest_owed_go_first(conn: Connection) -> None:
    first, second = (arrange.accepted(conn)[1] for _ in range(2))
    conn.execute("UPDATE outbox SET next_try_at = now() - interval '1 hour'")
    conn.execute("UPDATE outbox SET next_try_at = now() WHERE run_id = %s", [first])
    assert [message.run_id for message in outbox.claim_due(conn, 1)] == [second]


def test_the_wait_doubles_up_to_a_minute(conn: Connection) -> None:
    arrange.accepted(conn)
    waits = []
    for _ in range(4):
        outbox.make_due(conn)
        outbox.claim_due(conn, 1)
        row = conn.execute(
            "SELECT round(extract(epoch FROM next_try_at - now())) AS wait FROM outbox"
        ).fetchone()
        waits.append(int(row["wait"]))
    assert waits == [15, 30, 60, 60]


def test_relays_at_once_claim_each_message_once(database: str, conn: Connection) -> None:
    for _ in range(40):
        arrange.accepted(conn)
    outbox.make_due(conn)

    def claim(_: int) -> list[AnyMessage]:
        with open_connection(database) as own:
            return outbox.claim_due(own, 10)

    with ThreadPoolExecutor(8) as pool:
        claimed = [message.run_id for batch in pool.map(claim, range(8)) for message in batch]
    assert len(claimed) == len(set(claimed))
    assert len(claimed) <= 40


def test_a_claimed_message_is_skipped_while_its_relay_works(
    database: str, conn: Connection
) -> None:
    for _ in range(2):
        arrange.accepted(conn)
    outbox.make_due(conn)
    with open_connection(database) as other:
        other.execute("BEGIN")
        [theirs] = outbox.claim_due(other, 1)
        [ours] = outbox.claim_due(conn, 10)
        assert ours != theirs
        other.execute("ROLLBACK")


def test_messages_and_names_fit_their_limits() -> None:
    from uuid import UUID

    longest = Message(UUID(int=2**128 - 1), 2**63 - 1, 2**31 - 1)
    assert len(longest.to_json().encode()) <= 200
    assert len(longest.execution_name) <= 80
