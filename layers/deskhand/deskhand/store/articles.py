"""Knowledge articles, and their sections as vectors and bags of words."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from psycopg.sql import SQL, Composed
from psycopg.types.json import Jsonb

from deskhand.store.connection import Connection

# Each word of a question is looked for among all sections: an e-mail has hundreds.
_WORDS = 80


@dataclass(frozen=True)
class Section:
    """A section of an article; `number` is its position on the page.

    `quotes`: what drafts may say of it.
    """

    number: int
    heading: str
    body: str
    quotes: list[dict[str, Any]]
    terms: list[int]
    weights: list[float]


@dataclass(frozen=True)
class Article:
    """A knowledge article in Markdown, with its sections and their vectors in the same order.

    Without `embeddings`, `refresh_vectors` computes the vectors later. `reader` is the version of
    the code that read the body.
    """

    slug: str
    title: str
    body: str
    tags: list[str]
    readers: str
    reader: int
    sections: Sequence[Section]
    model: str
    embeddings: Sequence[str]


@dataclass(frozen=True)
class NearSection:
    """A section near a question, with the cosine of their vectors."""

    slug: str
    number: int
    title: str
    heading: str
    body: str
    cosine: float
    words: bytes  # packed bag of words


# `vectors` and `sections` are where sections are looked for.
_NEAREST = SQL(
    """
    WITH asked AS MATERIALIZED (
        SELECT any_word_of(%(text)s, %(words)s) AS query
    ), near AS (
        SELECT slug, section FROM {vectors} WHERE model = %(model)s
        ORDER BY embedding <=> %(embedding)s::text::halfvec LIMIT %(limit)s
    ), worded AS (
        SELECT slug, section FROM {sections}, asked WHERE search @@ query
        ORDER BY ts_rank_cd(search, query) DESC, slug, section LIMIT %(limit)s
    )
    SELECT s.slug, s.section AS number, a.title, s.heading, s.body, s.words,
           1 - (v.embedding <=> %(embedding)s::text::halfvec) AS cosine
    FROM (SELECT * FROM near UNION SELECT * FROM worded) AS found
    JOIN article_sections s USING (slug, section)
    JOIN articles a USING (slug)
    JOIN section_vectors v
         ON v.slug = s.slug AND v.section = s.section AND v.model = %(model)s
    ORDER BY cosine DESC, s.slug, s.section
    """
)
_ANY = _NEAREST.format(vectors=SQL("section_vectors"), sections=SQL("article_sections"))
# Few articles may be for everyone: an index that gives the nearest of all could give none of them,
# so the distance of each is computed.
_PUBLIC = _NEAREST.format(
    vectors=SQL(
        "(SELECT v.* FROM section_vectors v JOIN articles USING (slug)"
        " WHERE readers = 'everyone' OFFSET 0) AS public"
    ),
    sections=SQL(
        "(SELECT s.* FROM article_sections s JOIN articles USING (slug)"
        " WHERE readers = 'everyone') AS public"
    ),
)


def put(conn: Connection, article: Article) -> bool:
    """Stores an article with its sections, in a transaction; True when the slug is new."""
    row = conn.execute(
        """
        INSERT INTO articles (slug, title, body, tags, readers, reader)
        VALUES (%(slug)s, %(title)s, %(body)s, %(tags)s, %(readers)s, %(reader)s)
        ON CONFLICT (slug) DO UPDATE SET title = excluded.title, body = excluded.body,
            tags = excluded.tags, readers = excluded.readers, reader = excluded.reader,
            updated_at = CASE WHEN (articles.title, articles.body) = (excluded.title, excluded.body)
                AND articles.reader <> excluded.reader THEN articles.updated_at ELSE now() END
        RETURNING xmax = 0 AS created
        """,
        {
            "slug": article.slug,
            "title": article.title,
            "body": article.body,
            "tags": article.tags,
            "readers": article.readers,
            "reader": article.reader,
        },
    ).fetchone()
    conn.execute("DELETE FROM article_sections WHERE slug = %(slug)s", {"slug": article.slug})
    rows = [
        {**asdict(each), "quotes": Jsonb(each.quotes), "slug": article.slug, "tags": article.tags}
        for each in article.sections
    ]
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO article_sections
                (slug, section, heading, body, quotes, tags, terms, weights)
            VALUES (%(slug)s, %(number)s, %(heading)s, %(body)s, %(quotes)s,
                    array_to_string(%(tags)s::text[], ' '), %(terms)s, %(weights)s)
            """,
            rows,
        )
    numbers = [each.number for each in article.sections]
    put_vectors(
        conn,
        article.model,
        [
            SectionVector(article.slug, number, embedding)
            for number, embedding in zip(
                numbers, article.embeddings, strict=bool(article.embeddings)
            )
        ],
    )
    return bool(row and row["created"])


@dataclass(frozen=True)
class SectionVector:
    """The vector of a section."""

    slug: str
    number: int
    embedding: str


def put_vectors(conn: Connection, model: str, vectors: Sequence[SectionVector]) -> int:
    """Stores vectors and returns how many; skips sections and models that no longer exist."""
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO section_vectors (slug, section, model, embedding)
            SELECT slug, section, model, %(embedding)s::text::halfvec
            FROM article_sections JOIN embedding_models ON model = %(model)s
            WHERE slug = %(slug)s AND section = %(number)s FOR KEY SHARE
            ON CONFLICT (model, slug, section) DO UPDATE SET embedding = excluded.embedding
            """,
            [{**asdict(each), "model": model} for each in vectors],
        )
        return cursor.rowcount


def get(conn: Connection, slug: str, *, for_everyone: bool = False) -> dict[str, Any] | None:
    """An article with its sections, or None.

    Who is not of the staff finds those `for_everyone`, without the Markdown: it has comments.
    """
    return conn.execute(
        """
        SELECT slug, title, tags, readers, updated_at,
               CASE WHEN NOT %(for_everyone)s THEN body END AS body,
               (SELECT coalesce(jsonb_agg(jsonb_build_object('section', section,
                                                             'heading', heading,
                                                             'text', s.body)
                                          ORDER BY section), '[]')
                FROM article_sections s WHERE s.slug = a.slug) AS sections
        FROM articles a
        WHERE slug = %(slug)s AND (readers = 'everyone' OR NOT %(for_everyone)s)
        """,
        {"slug": slug, "for_everyone": for_everyone},
    ).fetchone()


def page(conn: Connection, after: str | None, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` articles without their bodies, by slug, after the slug `after`."""
    return conn.execute(
        """
        SELECT slug, title, tags, readers, updated_at,
               (SELECT count(*) FROM article_sections s WHERE s.slug = a.slug) AS sections
        FROM articles a WHERE %(after)s::text IS NULL OR slug > %(after)s
        ORDER BY slug LIMIT %(limit)s
        """,
        {"after": after, "limit": limit},
    ).fetchall()


def delete(conn: Connection, slug: str) -> bool:
    """Deletes an article with its sections; False when it does not exist."""
    return bool(conn.execute("DELETE FROM articles WHERE slug = %(slug)s", {"slug": slug}).rowcount)


def read_by_older(conn: Connection, reader: int) -> list[str]:
    """The slugs of the articles that an older reader read."""
    rows = conn.execute(
        "SELECT slug FROM articles WHERE reader < %(reader)s ORDER BY slug", {"reader": reader}
    ).fetchall()
    return [row["slug"] for row in rows]


def hold(conn: Connection, slug: str) -> dict[str, Any] | None:
    """Title, body, tags and readers of an article, held until the transaction ends, or None.

    Tags are None where an older reader did not read them.
    """
    return conn.execute(
        """
        SELECT title, body, readers, CASE WHEN reader > 0 THEN tags END AS tags
        FROM articles WHERE slug = %(slug)s FOR UPDATE
        """,
        {"slug": slug},
    ).fetchone()


def nearest_sections(
    conn: Connection, model: str, text: str, embedding: str, limit: int
) -> list[NearSection]:
    """The nearest sections by vector, and those that match the question's words best.

    Only the first different words of the question are searched for, and no word acts as a search
    operator.
    """
    return _nearest(conn, _ANY, model, text, embedding, limit)


def public_sections(
    conn: Connection, model: str, text: str, embedding: str, limit: int
) -> list[NearSection]:
    """The same among the sections of articles that are for everyone."""
    return _nearest(conn, _PUBLIC, model, text, embedding, limit)


def _nearest(
    conn: Connection, query: Composed, model: str, text: str, embedding: str, limit: int
) -> list[NearSection]:
    asked = {"model": model, "text": text, "embedding": embedding, "limit": limit, "words": _WORDS}
    return [NearSection(**row) for row in conn.execute(query, asked).fetchall()]


@dataclass(frozen=True)
class UnreadSection:
    """A section without a vector of the model."""

    slug: str
    number: int
    title: str
    heading: str
    body: str


def unread_sections(conn: Connection, model: str, limit: int) -> list[UnreadSection]:
    """Up to `limit` sections without a vector of the model."""
    rows = conn.execute(
        """
        SELECT s.slug, s.section AS number, a.title, s.heading, s.body
        FROM article_sections s JOIN articles a USING (slug)
        WHERE NOT EXISTS (SELECT FROM section_vectors v WHERE v.model = %(model)s
                          AND v.slug = s.slug AND v.section = s.section)
        ORDER BY s.slug, s.section LIMIT %(limit)s
        """,
        {"model": model, "limit": limit},
    ).fetchall()
    return [UnreadSection(**row) for row in rows]
