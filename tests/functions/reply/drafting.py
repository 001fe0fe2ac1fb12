"""What a draft is made from, as the steps before have stored it."""

from typing import Any
from uuid import UUID

from deskhand.store import steps
from deskhand.store.connection import Connection
from deskhand.store.steps import Outcome
from functions.import_articles.handler import handler as import_articles

ARTICLES = [
    {
        "slug": "vpn",
        "title": "The VPN",
        "body": "## Symptoms\n\nThe tunnel drops every few minutes.\n\n"
        "## Solution\n\n1. Quit the client.\n2. Sign in again.\n3. Restart.",
    },
    {"slug": "mail", "title": "Mail", "body": "Mail is slow on Mondays."},
    {"slug": "fax", "title": "Fax", "body": "The fax is in the cellar."},
]


def researched(
    conn: Connection, run_id: int, *sections: tuple[str, int, float], solved: tuple[UUID, ...] = ()
) -> None:
    """The articles exist, and research has found these (slug, section, cosine)."""
    import_articles({"articles": ARTICLES}, None)
    articles = [
        {"slug": s, "section": n, "heading": "", "cosine": c, "score": c} for s, n, c in sections
    ]
    found = {"articles": articles, "solved": [{"ticket_id": str(each)} for each in solved]}
    close(conn, run_id, "research", Outcome({"articles": len(articles)}, found))


def close(conn: Connection, run_id: int, step: str, outcome: Outcome, revision: int = 0) -> None:
    """Stores the outcome of a step that was done."""
    steps.open_step(conn, run_id, 1, step, revision)
    steps.close_step(conn, run_id, 1, step, revision, outcome, 0.1)


def drafted(conn: Connection) -> dict[str, Any]:
    """The ticket's draft."""
    found: dict[str, Any] = conn.execute("SELECT draft FROM tickets").fetchone()["draft"]
    return found
