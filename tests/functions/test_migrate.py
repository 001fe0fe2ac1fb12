"""The migrate function, as the deploy target invokes it."""

from deskhand.store.connection import Connection
from functions.migrate.handler import handler
from tests.functions.conftest import event


def test_nothing_is_left_to_apply(conn: Connection) -> None:
    """F-N5"""
    stored = conn.execute("SELECT count(*) AS n FROM migrations").fetchone()
    assert handler(event("migrate"), None) == {"applied": [], "version": stored["n"]}
