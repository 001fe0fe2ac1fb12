"""Knowledge articles."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from deskhand.store.connection import Connection


@dataclass(frozen=True)
class Article:
    """One page of knowledge, in Markdown."""

    slug: str
    title: str
    body: str


def put(conn: Connection, articles: Sequence[Article]) -> None:
    """Stores the articles, replacing those with the same slug."""
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO articles (slug, title, body) VALUES (%(slug)s, %(title)s, %(body)s)
            ON CONFLICT (slug) DO UPDATE SET title = excluded.title, body = excluded.body,
                updated_at = now()
            """,
            [asdict(article) for article in articles],
        )
