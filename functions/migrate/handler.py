"""Applies the migrations; the deploy target invokes it, on LocalStack and on AWS alike."""

from typing import Any

from deskhand.store.connection import database_url, open_connection
from deskhand.store.migrate import available, migrate


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Which migrations were applied now, and how many there are."""
    with open_connection(database_url(), wait_seconds=None) as conn:
        return {"applied": migrate(conn), "version": len(available())}
