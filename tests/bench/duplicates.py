"""The whole search for duplicates among 100,000 tickets against a bare pgvector query."""

import itertools
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from psycopg.sql import SQL, Identifier
from rich.table import Table

from deskhand.similarity.adapters.minilm import Floats, embed
from deskhand.similarity.bag_of_words import MAX_TERMS, Bag, bag_of
from deskhand.similarity.tickets import CANDIDATES, similar_tickets
from deskhand.store import embedding_models, vectors
from deskhand.store.connection import Connection, open_connection
from deskhand.store.embedding_models import EmbeddingModel
from deskhand.store.migrate import migrate
from deskhand.store.vectors import TicketVector
from deskhand.uuid7 import uuid7
from embedded.postgres import Server

TICKETS = int(os.environ.get("TICKETS") or 100_000)
QUERIES = 1_000
NEAREST = 10
RECALL, RATIO = 0.98, 1.5
_BATCH = 5_000
# A database of this size has them all in memory; the first pass brings them there.
_MEMORY = "1GB"

_THINGS = (
    "VPN client", "laptop", "printer on floor 2", "mailbox", "order system", "web shop", "badge",
    "file share", "video conference", "monitor", "password", "phone", "backup", "time recording",
    "expense report", "wireless network", "database", "scanner", "invoice", "delivery",
)  # fmt: skip
_TROUBLES = (
    "does not start since the update", "is slow for everybody in our team", "shows error {n}",
    "was lost on the train", "asks for a password again and again", "drops every few minutes",
    "cannot be reached from home", "is missing for our new colleague", "was charged twice",
    "makes a strange noise", "says access denied", "stopped after {n} minutes",
)  # fmt: skip
_CONTEXTS = (
    "I restarted it twice.", "It worked yesterday.", "The deadline is today at noon.",
    "Three customers are waiting.", "My manager has agreed.", "Only the Lisbon office has it.",
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """Tickets that somebody could have written: directions and words."""

    directions: Floats
    bags: list[Bag]


def measure() -> Table:
    """Recall of the index, and the times of both in turn."""
    with _database() as conn:
        model = embedding_models.serving_model(conn)
        texts = _texts()
        base = Made(embed(texts), [bag_of(text) for text in texts])
        random = np.random.default_rng(7)
        _load(conn, model, base, random)
        asked = [_ticket(base, random, uuid7()) for _ in range(QUERIES)]
        recall = statistics.mean(_recall(conn, model, each) for each in asked)
        first, times = (_timed(conn, model, asked) for _ in range(2))
    return _table(recall, first, times)


@contextmanager
def _database() -> Iterator[Connection]:
    with (
        Server.temporary(memory=_MEMORY) as server,
        open_connection(server.dsn, wait_seconds=None) as conn,
    ):
        migrate(conn)
        conn.execute("SELECT set_config('statement_timeout', '0', false)")
        yield conn


def _texts() -> list[str]:
    combined = itertools.product(_THINGS, _TROUBLES, _CONTEXTS)
    return [
        f"{thing} {trouble.format(n=n % 90)}\n\nThe {thing} {trouble.format(n=n % 90)}. {context}"
        for n, (thing, trouble, context) in enumerate(combined)
    ]


def _ticket(base: Made, random: np.random.Generator, ticket_id: UUID) -> TicketVector:
    """Between two texts, and a little beside."""
    one, other = random.integers(len(base.bags), size=2)
    share = random.uniform(0.5, 1)
    noise = random.normal(0, 0.02, base.directions.shape[1])
    direction = share * base.directions[one] + (1 - share) * base.directions[other] + noise
    direction /= np.linalg.norm(direction)
    # Beside their words some of everybody's, few of which are frequent, and one of its own.
    more = np.minimum(random.zipf(1.4, 30), 2**31 - 1).tolist()
    terms = [*base.bags[one].terms, *base.bags[other].terms, *more, int(random.integers(2**31))]
    kept = list(dict.fromkeys(term for term in terms if random.random() < 0.9))[:MAX_TERMS]
    literal = "[" + ",".join(f"{number:.5g}" for number in direction) + "]"
    return TicketVector(ticket_id, 1, literal, kept, [1.0] * len(kept))


def _load(conn: Connection, model: EmbeddingModel, base: Made, random: np.random.Generator) -> None:
    indexes = conn.execute(
        "SELECT indexname AS name, indexdef AS made FROM pg_indexes"
        " WHERE tablename = 'ticket_vectors' AND indexname ~ '_vectors_[0-9a-f]{32}$'"
    ).fetchall()
    # A graph that is built at once is the same graph, sooner.
    for index in indexes:
        conn.execute(SQL("DROP INDEX {}").format(Identifier(index["name"])))
    for start in range(0, TICKETS, _BATCH):
        made = [_ticket(base, random, uuid7()) for _ in range(min(_BATCH, TICKETS - start))]
        _copy(conn, model.model, made)
    conn.execute("SELECT set_config('maintenance_work_mem', '1GB', false)")
    for index in indexes:
        conn.execute(index["made"].encode())
    conn.execute("VACUUM ANALYZE ticket_vectors")
    conn.execute("VACUUM ANALYZE tickets")


def _copy(conn: Connection, model: str, made: list[TicketVector]) -> None:
    with conn.cursor() as cursor:
        with cursor.copy("COPY tickets (id, kind, caller, subject, body) FROM STDIN") as copy:
            for each in made:
                copy.write_row((each.ticket_id, "ticket", "bench", "A ticket", "of the benchmark"))
        with cursor.copy(
            "COPY ticket_vectors (ticket_id, model, text_version, standing, embedding, terms,"
            " weights) FROM STDIN"
        ) as copy:
            for each in made:
                copy.write_row(
                    (
                        *(each.ticket_id, model, 1, "original"),
                        *(each.embedding, each.terms, each.weights),
                    )
                )


_BARE = """
SELECT ticket_id FROM ticket_vectors WHERE model = %(model)s AND standing = 'original'
ORDER BY embedding::halfvec(384) <=> %(embedding)s::halfvec(384) LIMIT %(limit)s
"""
_EXACT = """
SELECT ticket_id FROM ticket_vectors WHERE model = %(model)s AND standing = 'original'
ORDER BY embedding <=> %(embedding)s::halfvec LIMIT %(limit)s
"""


def _bare(conn: Connection, model: EmbeddingModel, asked: TicketVector, limit: int) -> list[UUID]:
    """What pgvector alone gives, with the same search depth."""
    given = {"model": model.model, "embedding": asked.embedding, "limit": limit}
    with conn.pipeline():
        conn.execute(vectors.WALK)
        rows = conn.execute(_BARE, given, binary=True)
    return [row["ticket_id"] for row in rows.fetchall()]


def _recall(conn: Connection, model: EmbeddingModel, asked: TicketVector) -> float:
    given = {"model": model.model, "embedding": asked.embedding, "limit": NEAREST}
    exact = {row["ticket_id"] for row in conn.execute(_EXACT, given).fetchall()}
    return len(exact & set(_bare(conn, model, asked, CANDIDATES)[:NEAREST])) / NEAREST


type Times = tuple[list[float], list[float]]


def _timed(conn: Connection, model: EmbeddingModel, asked: list[TicketVector]) -> Times:
    since = conn.execute("SELECT min(created_at) - interval '1 day' AS at FROM tickets").fetchone()
    assert since is not None
    runs: tuple[Callable[[TicketVector], object], ...] = (
        lambda each: _bare(conn, model, each, CANDIDATES),
        lambda each: similar_tickets(conn, model, each, "original", since["at"]),
    )
    times: Times = ([], [])
    for number, each in enumerate(asked):
        # Whoever comes second finds the way through the graph in the processor's cache.
        for place in (0, 1) if number % 2 else (1, 0):
            start = time.perf_counter()
            runs[place](each)
            times[place].append((time.perf_counter() - start) * 1000)
    return times


def _table(recall: float, first: Times, times: Times) -> Table:
    table = Table(title=f"duplicates among {TICKETS:,} tickets, {QUERIES:,} searches by turns")
    for column in ("", "median ms", "p95 ms", "ratio of p95", "goal"):
        table.add_column(column, justify="right" if column else "left")
    for (bare, whole), when, goal in (
        (times, "in memory", f"<= {RATIO}"),
        (first, "for the first time", ""),
    ):
        ratio = _p95(whole) / _p95(bare)
        table.add_row(f"bare pgvector query, {when}", *_figures(bare), "1.00", "")
        table.add_row(f"whole duplicate query, {when}", *_figures(whole), f"{ratio:.2f}", goal)
    table.add_row(f"recall@{NEAREST} of the index", f"{recall:.4f}", "", "", f">= {RECALL}")
    return table


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _figures(times: list[float]) -> tuple[str, str]:
    return f"{statistics.median(times):.2f}", f"{_p95(times):.2f}"
