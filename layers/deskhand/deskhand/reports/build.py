"""Builds the report of a run and puts it into the bucket. Building it again changes nothing."""

import hashlib
import tempfile
from datetime import UTC
from pathlib import Path
from typing import Any

from deskhand.errors import StepFailed
from deskhand.logs import log
from deskhand.reports import bucket, workbook
from deskhand.store import attribution, attribution_requests, reports
from deskhand.store.connection import Connection
from deskhand.store.reports import Report
from deskhand.store.steps import Outcome
from deskhand.uuid7 import uuid7

# The state machine goes on when a batch's function could not start, nor its failure be recorded.
_LOST = "its batch could not run, and its failure could not be recorded"


def build(conn: Connection, run_id: int, attempt: int) -> Outcome:
    """The report, in the bucket; its row is stored together with the step's outcome.

    No batch is open any more, so nothing that the report says can change.
    """
    for number in attribution_requests.open_batches(conn, run_id):
        attribution_requests.fail_batch(conn, run_id, attempt, number, _LOST)
    run = attribution.run(conn, run_id)
    if run is None:
        raise StepFailed("there is no such run of attribution")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.xlsx"
        report = _written(conn, run, path)
        bucket.put(path, report.object_key)
    figures = {"report_id": str(report.id), "rows": report.rows, "bytes": report.bytes}
    log.info("report built", extra={**figures, "sha256": report.sha256})
    return Outcome(figures, apply=lambda own, _: reports.insert(own, report))


def _written(conn: Connection, run: dict[str, Any], path: Path) -> Report:
    found = attribution.requests(conn, run["id"])
    written = workbook.write(path, run, found, reports.longest(conn, run["id"]))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Report(
        id=uuid7(),
        run_id=run["id"],
        object_key=_key(run),
        sha256=digest,
        bytes=path.stat().st_size,
        rows=written.rows,
        counts=run["counts"],
        review=written.review,
        faults=run["faults"],
        started_at=run["created_at"],
    )


def _key(run: dict[str, Any]) -> str:
    """The same for every try; two runs never share one."""
    started = run["created_at"].astimezone(UTC)
    return f"reports/helpdesk-requests-run-{run['id']}-{started:%Y%m%dT%H%M%SZ}.xlsx"
