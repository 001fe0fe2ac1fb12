"""The schedule starts a run, unless one is open."""

from typing import Any

from deskhand.store import attribution
from deskhand.store.connection import Connection
from functions.start_attribution.handler import handler
from tests.helpdesk import shown, started


def test_a_tick_starts_a_run(conn: Connection, aws: None, messages: Any) -> None:
    answer = handler({}, None)
    assert attribution.open_run(conn) == answer["started"]
    assert messages() == [{"run_id": answer["started"], "attempt": 1}]


def test_a_tick_during_a_run_is_skipped_and_noted(
    conn: Connection, aws: None, messages: Any
) -> None:
    message = started(conn)
    assert handler({}, None) == {"started": None, "open": message.run_id}
    assert messages() == []
    assert shown(conn, message)["skipped"] == 1
