"""The requests of a run of attribution: stored as fetched, read by batch, settled by batch."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from typing import Any

from psycopg.rows import class_row
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from deskhand.store.connection import Connection, patient

# A copy of sixty thousand requests takes some seconds.
_COPY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Fetched:
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

    calls: int
    splits: int
    sla_ignored: int
    reason: str | None = None


def store(
    conn: Connection,
    run_id: int,
    catalog_version: str,
    requests: Iterable[Fetched],
    unreadable: int,
    faults: Sequence[dict[str, Any]],
) -> None:
    """Stores the requests of a run, once; they are read one by one."""
    columns = ("run_id", *(field.name for field in fields(Fetched)))
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
            "UPDATE attribution_runs SET catalog_version = %(version)s, fetched = %(fetched)s,"
            " unreadable = %(unreadable)s, faults = %(faults)s WHERE run_id = %(run_id)s",
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


def settle_batch(
    conn: Connection, run_id: int, number: int, settled: Sequence[Settled], figures: Figures
) -> None:
    """Stores the results of a batch and its figures."""
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
    _keep(conn, run_id, number, figures)


def fail_batch(conn: Connection, run_id: int, attempt: int, number: int, reason: str) -> bool:
    """Leaves the requests of a batch as they were fetched, marked; False when the attempt is not
    the current one.

    The step has no outcome, so a replay of the run asks about the batch again.
    """
    with conn.transaction():
        current = conn.execute(
            "SELECT FROM runs WHERE id = %(run_id)s AND attempt = %(attempt)s"
            " AND status = 'IN_PROGRESS' FOR UPDATE",
            {"run_id": run_id, "attempt": attempt},
        ).fetchone()
        if current is None:
            return False
        conn.execute(
            "UPDATE attribution_requests SET outcome = 'failed', reason = %(reason)s"
            " WHERE run_id = %(run_id)s AND batch = %(number)s AND outcome IS NULL",
            {"run_id": run_id, "number": number, "reason": reason},
        )
        _keep(conn, run_id, number, Figures(0, 0, 0, reason))
    return True


def _keep(conn: Connection, run_id: int, number: int, figures: Figures) -> None:
    conn.execute(
        """
        INSERT INTO attribution_batches
            (run_id, number, outcome, reason, calls, splits, sla_ignored)
        VALUES (%(run_id)s, %(number)s, %(outcome)s, %(reason)s, %(calls)s, %(splits)s,
                %(sla_ignored)s)
        ON CONFLICT (run_id, number) DO UPDATE
        SET outcome = excluded.outcome, reason = excluded.reason, calls = excluded.calls,
            splits = excluded.splits, sla_ignored = excluded.sla_ignored
        """,
        {
            "run_id": run_id,
            "number": number,
            "outcome": "failed" if figures.reason else "classified",
            **asdict(figures),
        },
    )
