"""Older reports of the same bug, each report compared as it comes in."""

from collections.abc import Iterator

from deskhand.similarity.tickets import similar_tickets, store_vector
from deskhand.store import steps
from deskhand.store.connection import Connection
from tests import arrange
from tests.eval.figures import Figure
from tests.eval.sets import Row, rows
from tests.eval.similar import clean, database, first_rank, hits

MAP = {"BM25": 0.456, "words": 0.487, "vectors": 0.643, "cosines added": 0.662}
HIT = {"BM25": 0.571, "words": 0.627, "vectors": 0.778, "cosines added": 0.800}


def measure() -> Iterator[Figure]:
    """The order of what DetectDuplicates looks at."""
    relevant = {row["id"]: row["relevant"] for row in rows("dup_openoffice_queries")}
    with database() as conn:
        orders = _orders(conn, rows("dup_openoffice_reports"), relevant)
    ranks = [first_rank(order, relevant[one]) for one, order in orders.items()]
    precisions = [_precision(order, relevant[one]) for one, order in orders.items()]
    yield Figure("MAP", sum(precisions) / len(precisions), 0.65, baselines=MAP)
    yield Figure("hit@5", hits(ranks, 5), 0.79, baselines=HIT)
    yield Figure("hit@1", hits(ranks, 1))


def _orders(
    conn: Connection, reports: list[Row], asked: dict[str, list[str]]
) -> dict[str, list[str]]:
    """What was most similar to each report that is asked about, when it came in."""
    names, orders = {}, {}
    for report in reports:
        text = {"subject": clean(report["title"])[:500] or "-", "body": clean(report["body"])}
        ticket_id, run_id = arrange.accepted(conn, **{**text, "body": text["body"][:10_000]})
        names[ticket_id] = report["id"]
        ticket = steps.open_step(conn, run_id, 1, "detect_duplicates", 0).ticket
        model, seen = store_vector(conn, ticket)
        if report["id"] in asked:
            since = ticket.created_at.replace(year=2000)
            near = similar_tickets(conn, model, seen, "original", since)
            orders[report["id"]] = [names[each.found.ticket_id] for each in near]
    return orders


def _precision(order: list[str], relevant: list[str]) -> float:
    """The mean precision at each relevant one; those that are not found count as nothing."""
    places = [n for n, one in enumerate(order, 1) if one in relevant]
    return sum(count / place for count, place in enumerate(places, 1)) / len(relevant)
