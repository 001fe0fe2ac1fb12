"""A ticket may have a further run."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from deskhand.refusals import Conflict
from deskhand.store.connection import Connection, open_connection
from deskhand.workflow.replay import reprocess as reprocess_ticket
from tests import arrange
from tests.functions.workflow.recovering import (
    OPERATOR,
    call,
    events,
    failed,
    header,
    reprocess,
    run,
)

pytestmark = pytest.mark.usefixtures("aws")


@pytest.mark.parametrize("body", [None, "", "{}", {}])
def test_reprocess_starts_a_new_run(conn: Connection, messages: Any, body: object) -> None:
    """F-D13"""
    old = failed(conn)
    reply, document = reprocess(old.ticket_id, body)
    assert reply["statusCode"] == 202
    assert header(reply, "Location") == f"../{old.ticket_id}"
    assert document == {
        "ticket_id": str(old.ticket_id), "workflow_run_id": old.run_id + 1, "status": "new"
    }  # fmt: skip
    assert messages() == [{"ticket_id": str(old.ticket_id), "run_id": old.run_id + 1, "attempt": 1}]
    assert run(conn, old)["status"] == "FAILED"
    assert conn.execute("SELECT ai_status FROM tickets").fetchone() == {"ai_status": "PENDING"}
    assert sorted(events(conn, old)[-2:]) == [
        ("run.pending", "workflow"), ("ticket.reprocess", "anonymous")
    ]  # fmt: skip


def test_reprocess_refuses_an_open_run_a_closed_and_an_unknown_ticket(conn: Connection) -> None:
    """F-D13"""
    ticket_id, _ = arrange.accepted(conn)
    assert reprocess(ticket_id)[0]["statusCode"] == 409
    closed = failed(conn)
    conn.execute(
        "UPDATE tickets SET status = 'closed', title = 't' WHERE id = %s", [closed.ticket_id]
    )
    reply, problem = reprocess(closed.ticket_id)
    assert (reply["statusCode"], problem["detail"]) == (409, "the ticket is closed")
    assert reprocess(uuid4())[0]["statusCode"] == 404
    reply, _ = call("POST", "/tickets/x/reprocess", resource="/tickets/{ticket_id}/reprocess")
    assert reply["statusCode"] == 400
    assert arrange.count(conn, "runs") == 2


@pytest.mark.parametrize(
    ("body", "status"), [({"now": True}, 422), ("[]", 422), ("{", 400), ("x" * 131_073, 413)]
)
def test_reprocess_takes_no_other_body(conn: Connection, body: object, status: int) -> None:
    """F-A14"""
    old = failed(conn)
    assert reprocess(old.ticket_id, body)[0]["statusCode"] == status
    assert arrange.count(conn, "runs") == 1


def test_reprocesses_at_once_make_one_run(database: str, conn: Connection) -> None:
    """F-D13"""
    old = failed(conn)
    barrier = threading.Barrier(8)

    def one(_: int) -> int:
        with open_connection(database) as own:
            barrier.wait()
            try:
                with own.transaction():
                    reprocess_ticket(own, old.ticket_id, OPERATOR)
                    return 202
            except Conflict:
                return 409

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(one, range(8))) == [202] + [409] * 7
    assert arrange.count(conn, "runs") == 2
