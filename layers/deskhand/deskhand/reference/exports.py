"""Operations on exports, and their answers."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from deskhand.api.handover import Handover
from deskhand.exports.api import ExportRequest
from deskhand.reference.answers import Count
from deskhand.reference.handover import HANDED_OVER
from deskhand.reference.operation import Link, Operation, Reply
from deskhand.reference.prepared import ExactObject


class Export(ExactObject):
    """A list of tickets that becomes a file."""

    id: UUID
    requested_by: str
    query: str
    format: Literal["csv", "xlsx"] = Field(
        description="Of a list with too many rows for a sheet it becomes csv; `note` says so"
    )
    status: Literal["waiting", "running", "done", "failed"]
    written: Count = Field(description="Rows that are written so far")
    rows: Count | None = Field(description="Tickets of the list at `listed_at`; all are written")
    listed_at: datetime | None
    bytes: Count | None
    note: str | None
    error: str | None = Field(description="The name of what failed; a first failure is tried again")
    created_at: datetime
    finished_at: datetime | None


_LINKS = tuple(
    Link(name, {"export_id": "$response.body#/id"}) for name in ("get_export", "get_export_file")
)

EXPORTS = (
    Operation(
        "POST", "/exports", "post_export",
        "Export a list of tickets",
        {202: Reply("It waits, and will be written.", Export, ("Idempotency-Replayed",), _LINKS)},
        detail="`query` is the query string of `GET /tickets`, or the `list` of a figure; without"
        " it all tickets are exported. In CSV, text that a spreadsheet would read as a formula"
        " begins with an apostrophe.",
        problems={
            409: "The first request with this Idempotency-Key is still in flight.",
            422: "A parameter of the query is not valid; or the Idempotency-Key was used for"
            " another request.",
        },
        headers={"Idempotency-Key": False}, body=ExportRequest,
        example={"query": "status=open&status=pending&priority=high", "format": "xlsx"},
    ),
    Operation(
        "GET", "/exports/{export_id}", "get_export",
        "Read how far an export is",
        {200: Reply("The export.", Export)},
    ),
    Operation(
        "GET", "/exports/{export_id}/file", "get_export_file",
        "Download the file of an export",
        HANDED_OVER, query=Handover,
    ),
)  # fmt: skip
