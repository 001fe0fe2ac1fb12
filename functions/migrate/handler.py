"""Applies the migrations; `make deploy` and `make aws` invoke it."""

from itertools import count
from typing import Any

from deskhand.knowledge.articles import read_anew
from deskhand.operations import budget
from deskhand.operations.searchable import make_searchable
from deskhand.settings.environment import Settings, settings
from deskhand.store.connection import login_of, own_connection
from deskhand.store.migrate import migrate
from deskhand.store.restored import renumber
from deskhand.store.roles import Login, Roles
from deskhand.store.schema import available, missing_migrations
from deskhand.store.search import are_all_searchable

SEARCHABLE_SECONDS = 300


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The migrations that were applied now, their total number, the articles that were read anew,
    the tickets that became searchable, and the budget of connections.

    With `{"at_most": 1}` it applies one, and says in `remaining` which are left: a caller that
    invokes it again shows the progress, and no call lasts longer than one migration, or than five
    minutes. Without `all_searchable` a search does not find the oldest tickets yet: invoke it
    again. `restored`
    says that the database came from a dump of another server, and that its events have this
    server's numbers now. Raises ConnectionsDoNotFit, after the last migration, when the parameters
    allow too many.
    """
    begun, at_most = count(1), event.get("at_most")
    roles = _roles(settings())
    with own_connection(wait_seconds=None) as conn:
        applied = migrate(conn, lambda: at_most is None or next(begun) <= at_most, roles)
        answer = {"applied": applied, "version": len(available())}
        if remaining := missing_migrations(conn):
            return {**answer, "remaining": remaining}
        restored = renumber(conn)
        articles = read_anew(conn)
        made = make_searchable(conn, SEARCHABLE_SECONDS)
        all_searchable = are_all_searchable(conn)
        found = budget.check(conn, settings())
    return {
        **answer,
        "remaining": [],
        "restored": restored,
        "articles_read_anew": articles,
        "made_searchable": made,
        "all_searchable": all_searchable,
        "connections": found.sentence,
        "reserved_connections": found.reserved,
        "available_connections": found.available,
    }


def _roles(given: Settings) -> Roles:
    """The writer and the reader that the settings name."""
    writer = login_of(given.writer_url, given.writer_secret_arn)
    reader = login_of(given.reader_url, given.reader_secret_arn)
    return Roles(writer and Login(*writer), reader and Login(*reader))
