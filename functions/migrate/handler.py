"""Applies the migrations; `make deploy` invokes it, on LocalStack and on AWS."""

from typing import Any

from deskhand.knowledge.articles import read_anew
from deskhand.operations import budget
from deskhand.settings.environment import settings
from deskhand.store.connection import database_url, open_connection
from deskhand.store.migrate import available, migrate


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The migrations that were applied now, their total number, the articles that were read anew,
    and the budget of connections.

    Raises ConnectionsDoNotFit, after the migrations, when the parameters allow too many.
    """
    with open_connection(database_url(), wait_seconds=None) as conn:
        applied = migrate(conn)
        articles = read_anew(conn)
        found = budget.check(conn, settings())
    return {
        "applied": applied,
        "version": len(available()),
        "articles_read_anew": articles,
        "connections": found.sentence,
        "reserved_connections": found.reserved,
        "available_connections": found.available,
    }
