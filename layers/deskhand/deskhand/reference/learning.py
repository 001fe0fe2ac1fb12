"""The operations that triage learns by."""

from deskhand.duplicates.similar import SimilarTo
from deskhand.learning import quality
from deskhand.learning.import_tickets import Chunk
from deskhand.reference import learned
from deskhand.reference.operation import Operation, Reply
from deskhand.spreadsheets.api import TABLES
from deskhand.tickets.correct import Correction
from deskhand.triage.preview import Preview

LEARNING = (
    Operation(
        "POST", "/tickets/{ticket_id}/corrections", "post_correction",
        "Say where a ticket belongs",
        {201: Reply(
            "What was said, beside what triage had said.", learned.StoredCorrection,
            ("Idempotency-Replayed",),
        )},
        detail="The ticket has it now, and the next one like it is sorted accordingly. Saying what"
        " triage has said confirms it.",
        problems={
            409: "The first request with this Idempotency-Key is still in flight.",
            422: "A field is not valid, or the two are no pair of the service catalog; or the"
            " Idempotency-Key was used for another request.",
        },
        headers={"Idempotency-Key": False}, body=Correction,
        example={"category": "Network", "request_type": "VPN access", "priority": "high"},
    ),
    Operation(
        "POST", "/tickets/import", "post_import",
        "Import old tickets to learn from",
        {200: Reply("The import after this chunk, and its wrong rows.", learned.Import)},
        detail="Up to 10,000 rows and 4 MiB a call; go on at `next_offset`. A chunk sent twice"
        " counts once: `import_id` and `offset` are what makes it the same, and an Idempotency-Key"
        " is not looked at. Also takes tables, which are CSV, XLSX, XLS or ODS, and"
        " `application/x-ndjson` or `application/jsonl`, with both of these in the query."
        " The columns of common help desks are known; `mapping` in the query gives others, as a"
        " JSON object. A row with an `external_id` that is known takes its place.",
        problems={
            409: "Rows before this chunk are missing, or no service catalog is in force.",
            413: "The body is larger than 4 MiB.",
            415: "The Content-Type is not JSON, JSON lines or that of a table.",
        },
        body=Chunk, files=TABLES,
        example={
            "import_id": "helpdesk-2026",
            "offset": 0,
            "rows": [
                {
                    "external_id": "4711",
                    "subject": "VPN drops",
                    "body": "Every few minutes, at home.",
                    "category": "Network",
                    "request_type": "VPN access",
                }
            ],
        },
    ),
    Operation(
        "GET", "/tickets/imports/{import_id}", "get_import",
        "Read how far an import is",
        {200: Reply("The import and its first wrong rows.", learned.Import)},
       
    ),
    Operation(
        "DELETE", "/tickets/imports/{import_id}", "delete_import",
        "Take an import back",
        {204: Reply("It is gone, and its rows with it.")},
        detail="Rows that a later import has brought again stay, and belong to that one. The"
        " classifier is trained anew without them within minutes; without enough known"
        " tickets there is no classifier.",
    ),
    Operation(
        "POST", "/tickets/similar", "post_similar",
        "Find tickets that tell of the same thing",
        {200: Reply("Open tickets, the most similar first.", learned.SimilarTickets)},
        detail="Nothing is stored. These are the tickets that a new one with this text would be"
        " compared with, in the same order: linked or suggested are those whose `cosine` is high"
        " enough, whose words agree, and which name no other number.",
        problems={503: "The database or the embedding model does not answer."},
        body=SimilarTo,
        example={"subject": "VPN drops", "body": "Every few minutes.", "limit": 5},
    ),
    Operation(
        "POST", "/triage/preview", "post_preview",
        "See what triage would make of tickets",
        {200: Reply("A triage for each ticket, in their order.", learned.Previews)},
        detail="Nothing is stored, and no model is asked: the offline provider answers.",
        problems={409: "No service catalog is in force."},
        body=Preview,
        example={"tickets": [{"subject": "VPN drops", "body": "Every few minutes."}]},
    ),
    Operation(
        "GET", "/analytics/quality", "get_quality",
        "Read how right triage is",
        {200: Reply("Accuracy, coverage and calibration.", learned.Quality)},
        query=quality.QualityQuery,
    ),
)  # fmt: skip
