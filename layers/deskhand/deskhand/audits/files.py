"""The spreadsheets of audits, in the bucket of the reports."""

import tempfile
from pathlib import Path
from typing import Any

from deskhand.audits.keys import key_of
from deskhand.audits.workbook import write_workbook
from deskhand.reports import bucket
from deskhand.store.audits import ClaimedAudit


def put_workbook(claimed: ClaimedAudit, found: dict[str, Any]) -> None:
    """Stores all findings as a spreadsheet; raises BucketUnavailable."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audit.xlsx"
        write_workbook(path, found, claimed.source, claimed.created_at)
        bucket.put(path, key_of(claimed.id))
