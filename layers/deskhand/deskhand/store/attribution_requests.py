"""The requests of a run of attribution: stored as fetched, read by batch, settled by batch."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from typing import Any

from psycopg.rows import class_row
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from deskhand.store.connection import Connection, patient
from deskhand.store.steps import Outcome, close_step

CLASSIFY_BATCH = "classify_batch"
# To copy or to delete sixty thousand requests takes some seconds.
_COPY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class FetchedRequest:
    """A request as fetched, with what its own fields say; `batch` is None when none is to be asked
    about it, and then `outcome` says why.
    """

    position: int
    batch: int | None
    helpdesk_id: str | None
    short_description: str | None
    long_description: str | None
    requester_email: str | None
    given_category: str | None
    given_type: str | None
    given_sla_value: float | None
    given_sla_unit: str | None
    category: str | None
    request_type: str | None
    sla_value: float | None
    sla_unit: str | None
    outcome: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request of a batch, as fetched."""

    position: int
    helpdesk_id: str | None
    short_description: str | None
    long_description: str | None
    requester_email: str | None
    category: str | None
    request_type: str | None
    sla_value: float | None
    sla_unit: str | None


@dataclass(frozen=True, slots=True)
class Settled:
    """The result of a request, and the provider that it comes from."""

    position: int
    category: str | None
    request_type: str | None
    sla_value: float | None
    sla_unit: str | None
    outcome: str
    reason: str | None = None
    provider: str | None = None
    model: str | None = None
    prompt_version: str | None = None
    confidence: float | None = None
    evidence: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """What a batch took; `reason` says why it failed, or a part of it."""

    splits: int = 0
    sla_ignored: int = 0
    reason: str | None = None


def store(
    conn: Connection,
    run_id: int,
    catalog_version: str,
    requests: Iterable[FetchedRequest],
    unreadable: int,
    faults: Sequence[dict[str, Any]],
) -> None:
    """Stores the requests of a run, once; they are read one by one."""
    columns = ("run_id", *(field.name for field in fields(FetchedRequest)))
    copy_in = SQL("COPY attribution_requests ({}) FROM STDIN").format(
        SQL(", ").join(map(Identifier, columns))
    )
    fetched = 0
    with patient(conn, _COPY_SECONDS):
        with conn.cursor() as cursor, cursor.copy(copy_in) as copy:
            for request in requests:
                copy.write_row((run_id, *astuple(request)))
                fetched += 1
        conn.execute(
            """
            UPDATE attribution_runs SET catalog_version = %(version)s, fetched = %(fetched)s,
                   unreadable = %(unreadable)s, faults = %(faults)s, batches = q.batches,
                   complete = q.complete, rejected = q.rejected
            FROM (
                SELECT count(DISTINCT batch) AS batches,
                       count(*) FILTER (WHERE outcome = 'complete') AS complete,
                       count(*) FILTER (WHERE outcome = 'rejected') AS rejected
                FROM attribution_requests WHERE run_id = %(run_id)s
            ) q
            WHERE attribution_runs.run_id = %(run_id)s
            """,
            {
                "run_id": run_id,
                "version": catalog_version,
                "fetched": fetched + unreadable,
                "unreadable": unreadable,
                "faults": Jsonb(list(faults)),
            },
        )


def catalog_version(conn: Connection, run_id: int) -> str | None:
    """The version of the catalog that the run sorts by; None before it has fetched."""
    row = conn.execute(
        "SELECT catalog_version FROM attribution_runs WHERE run_id = %(run_id)s",
        {"run_id": run_id},
    ).fetchone()
    return row["catalog_version"] if row else None


def of_batch(conn: Connection, run_id: int, number: int) -> list[Waiting]:
    """The requests of a batch, in order."""
    cursor = conn.cursor(row_factory=class_row(Waiting))
    return cursor.execute(
        """
        SELECT position, helpdesk_id, short_description, long_description, requester_email,
               given_category AS category, given_type AS request_type,
               given_sla_value AS sla_value, given_sla_unit AS sla_unit
        FROM attribution_requests WHERE run_id = %(run_id)s AND batch = %(number)s
        ORDER BY position
        """,
        {"run_id": run_id, "number": number},
    ).fetchall()


def open_batches(conn: Connection, run_id: int) -> list[int]:
    """The numbers of the run's batches that have no outcome yet, in order."""
    rows = conn.execute(
        "SELECT DISTINCT batch FROM attribution_requests"
        " WHERE run_id = %(run_id)s AND outcome IS NULL ORDER BY batch",
        {"run_id": run_id},
    ).fetchall()
    return [row["batch"] for row in rows]


def settle_batch(
    conn: Connection, run_id: int, number: int, settled: Sequence[Settled], figures: Figures
) -> dict[str, Any]:
    """Stores the results of a batch and counts them in the run; returns them as a verdict."""
    conn.execute(
        """
        UPDATE attribution_requests AS request SET
            category = new.category, request_type = new.request_type,
            sla_value = new.sla_value, sla_unit = new.sla_unit, outcome = new.outcome,
            reason = new.reason, provider = new.provider, model = new.model,
            prompt_version = new.prompt_version, confidence = new.confidence,
            evidence = new.evidence
        FROM jsonb_populate_recordset(NULL::attribution_requests, %(rows)s) AS new
        WHERE request.run_id = %(run_id)s AND request.batch = %(number)s
          AND request.position = new.position
        """,
        {"run_id": run_id, "number": number, "rows": Jsonb([asdict(each) for each in settled])},
    )
    outcomes = Counter(each.outcome for each in settled)
    asked = {(each.provider, each.model) for each in settled if each.provider}
    return _count(conn, run_id, outcomes, figures, asked)


def fail_batch(conn: Connection, run_id: int, attempt: int, number: int, reason: str) -> None:
    """Leaves the requests of an open batch as they were fetched, marked; a settled one stays as it
    is. Raises AttemptOvertaken.

    It is an outcome like any other, so the report stays true: a replay of the run does not ask
    about the batch again, a new run does.
    """

    def apply(own: Connection, _: object) -> dict[str, Any]:
        left = own.execute(
            "UPDATE attribution_requests SET outcome = 'failed', reason = %(reason)s"
            " WHERE run_id = %(run_id)s AND batch = %(number)s",
            {"run_id": run_id, "number": number, "reason": reason},
        ).rowcount
        return _count(own, run_id, {"failed": left}, Figures(reason=reason))

    close_step(conn, run_id, attempt, CLASSIFY_BATCH, number, Outcome({}, apply=apply), 0)


def reap(conn: Connection, days: int) -> int:
    """Deletes the requests of a run that ended more than `days` ago; returns how many.

    One run at a time, and all of its requests, so its counts stay true. A failed run that may be
    replayed keeps them.
    """
    with patient(conn, _COPY_SECONDS):
        return conn.execute(
            """
            DELETE FROM attribution_requests WHERE run_id = (
                SELECT id FROM runs
                WHERE workflow = 'attribution'
                  AND finished_at < now() - make_interval(days => %(days)s)
                  AND id NOT IN (SELECT run_id FROM failures)
                  AND EXISTS (SELECT FROM attribution_requests WHERE run_id = runs.id)
                ORDER BY id LIMIT 1)
            """,
            {"days": days},
        ).rowcount


# What a batch may make of a request.
_OUTCOMES = ("classified", "rejected", "conflict", "missing", "failed")


def _count(
    conn: Connection,
    run_id: int,
    outcomes: Mapping[str, int],
    figures: Figures,
    asked: Iterable[tuple[str | None, str | None]] = (),
) -> dict[str, Any]:
    """Adds a settled batch to the counts of its run, whose row the caller holds."""
    conn.execute(
        """
        UPDATE attribution_runs SET
            batches_done = batches_done + 1,
            batches_failed = batches_failed + (%(reason)s::text IS NOT NULL)::int,
            classified = classified + %(classified)s, rejected = rejected + %(rejected)s,
            conflict = conflict + %(conflict)s, missing = missing + %(missing)s,
            failed = failed + %(failed)s,
            splits = splits + %(splits)s, sla_ignored = sla_ignored + %(sla_ignored)s,
            providers = (SELECT coalesce(jsonb_agg(DISTINCT each), '[]')
                         FROM jsonb_array_elements(providers || %(asked)s) AS each)
        WHERE run_id = %(run_id)s
        """,
        {
            "run_id": run_id,
            **{name: outcomes.get(name, 0) for name in _OUTCOMES},
            **asdict(figures),
            "asked": Jsonb([{"provider": each, "model": model} for each, model in asked]),
        },
    )
    return {"outcomes": dict(outcomes), **asdict(figures)}
