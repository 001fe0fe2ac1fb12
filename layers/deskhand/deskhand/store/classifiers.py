"""Trained classifiers: the newest finished one is in force; one at a time is in training."""

from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from deskhand.store.connection import Connection

# After this silence of a trainer another one may take over.
LEASE = "3 minutes"
_KEPT = 3


@dataclass(frozen=True, slots=True)
class Stored:
    """A finished classifier as it is stored."""

    id: int
    through: int
    weights: bytes
    report: dict[str, Any]


def newest(conn: Connection, known: int | None) -> Stored | int | None:
    """The classifier in force; only its id when that is `known`; None: there is no classifier."""
    row = conn.execute(
        """
        SELECT id, through, report,
               CASE WHEN id IS DISTINCT FROM %(known)s THEN weights END AS weights
        FROM classifiers WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1
        """,
        {"known": known},
        binary=True,
    ).fetchone()
    if row is None:
        return None
    return int(row["id"]) if row["weights"] is None else Stored(**row)


def progress_of_newest(conn: Connection) -> tuple[int, int] | None:
    """The last change that the classifier in force was trained with, and its number of examples;
    None when there is no classifier.
    """
    row = conn.execute(
        "SELECT through, examples FROM classifiers"
        " WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return (int(row["through"]), int(row["examples"])) if row else None


def forget(conn: Connection) -> None:
    """Deletes the finished classifiers, because the examples they learnt from were deleted."""
    conn.execute("DELETE FROM classifiers WHERE finished_at IS NOT NULL")


def begin(conn: Connection, through: int, examples: int) -> int | None:
    """Starts a training and returns its id; None while another trainer is at work."""
    with conn.transaction():
        conn.execute(
            "DELETE FROM classifiers WHERE finished_at IS NULL AND lease_until < now()",
        )
        row = conn.execute(
            """
            INSERT INTO classifiers (through, examples, lease_until)
            VALUES (%(through)s, %(examples)s, now() + %(lease)s::interval)
            ON CONFLICT ((true)) WHERE finished_at IS NULL DO NOTHING RETURNING id
            """,
            {"through": through, "examples": examples, "lease": LEASE},
        ).fetchone()
    return int(row["id"]) if row else None


def progress(conn: Connection, classifier_id: int, share: float) -> None:
    """Records training progress and renews the lease."""
    conn.execute(
        """
        UPDATE classifiers SET progress = %(share)s, lease_until = now() + %(lease)s::interval
        WHERE id = %(id)s AND finished_at IS NULL
        """,
        {"share": share, "lease": LEASE, "id": classifier_id},
    )


def finish(conn: Connection, classifier_id: int, weights: bytes, report: dict[str, Any]) -> bool:
    """Puts the classifier in force and deletes all but a few older ones; False when its lease ran
    out and its row was deleted.
    """
    with conn.transaction():
        done = conn.execute(
            """
            UPDATE classifiers SET weights = %(weights)s, report = %(report)s, progress = 1,
                   finished_at = now()
            WHERE id = %(id)s AND finished_at IS NULL
            """,
            {"weights": weights, "report": Jsonb(report), "id": classifier_id},
        ).rowcount
        conn.execute(
            """
            DELETE FROM classifiers WHERE finished_at IS NOT NULL AND id NOT IN (
                SELECT id FROM classifiers WHERE finished_at IS NOT NULL
                ORDER BY id DESC LIMIT %(kept)s)
            """,
            {"kept": _KEPT},
        )
    return bool(done)


def give_up(conn: Connection, classifier_id: int) -> None:
    """Ends the lease, so that the next training can start at once."""
    conn.execute(
        "DELETE FROM classifiers WHERE id = %(id)s AND finished_at IS NULL", {"id": classifier_id}
    )


def summary(conn: Connection) -> dict[str, Any]:
    """The classifier `in_force` and the one `in_the_making`, each None when there is no such one:
    number of examples, report or progress, and times.
    """
    rows = conn.execute(
        """
        SELECT id, examples, progress, report, started_at, finished_at FROM classifiers
        WHERE finished_at IS NULL OR id = (
            SELECT max(id) FROM classifiers WHERE finished_at IS NOT NULL)
        """
    ).fetchall()
    return {
        "in_force": next((row for row in rows if row["finished_at"]), None),
        "in_the_making": next((row for row in rows if not row["finished_at"]), None),
    }
