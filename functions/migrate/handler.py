"""Applies the migrations; the deploy target invokes it, on LocalStack and on AWS alike."""

from typing import Any

from deskhand.store.connection import connection
from deskhand.store.migrate import available, migrate


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Which migrations were applied now, and how many there are."""
    with connection() as conn:
        return {"applied": migrate(conn), "version": len(available())}
