"""Operations on many tickets at once, and their answers."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from deskhand.reference.answers import Count
from deskhand.reference.operation import Operation, Reply
from deskhand.reference.prepared import ExactObject
from deskhand.tickets.bulk import MAX_IDS, MAX_SELECTED, Bulk
from deskhand.tickets.bulk_undo import POSSIBLE_DAYS

_REASON = "Why nothing was done; null if something was, or if the ticket has it all already"


class ItemOfBulk(ExactObject):
    """What became of one ticket."""

    ticket_id: UUID
    version: int | None = Field(ge=1, description="What the ticket is at now; null: it is missing")
    fields: list[str] = Field(description="What changed, including what follows by rule")
    reason: str | None = Field(description=_REASON)


class ChangedItem(ItemOfBulk):
    """What became of one ticket of a bulk change."""

    result: Literal["changed", "unchanged", "stale", "refused", "missing"] = Field(
        description="`unchanged`: it was so already; `stale`: it is not at the version of"
        " `versions`; `refused`: a single edit would be refused too, and `reason` says why"
    )


class UndoneItem(ItemOfBulk):
    """What became of one ticket of an undo."""

    result: Literal["undone", "stale", "refused", "missing"] = Field(
        description="`stale`: something has changed it since; `refused`: it was `new`, and no"
        " ticket becomes new again; `missing`: it was deleted"
    )


class CountsOfBulk(ExactObject):
    """How many tickets had each result."""

    changed: Count
    unchanged: Count
    stale: Count
    refused: Count
    missing: Count


class CountsOfUndo(ExactObject):
    """How many tickets had each result."""

    undone: Count
    stale: Count
    refused: Count
    missing: Count


class BulkChange(ExactObject):
    """What a bulk change did, or would do."""

    bulk_id: UUID | None = Field(
        description="To undo it; the trail of each changed ticket names it. Null if nothing"
        " changed, and for a dry run"
    )
    dry_run: bool
    counts: CountsOfBulk
    results: list[ChangedItem] = Field(description="One for each ticket, in the order of `ids`")


class UndoneBulk(ExactObject):
    """What an undo did."""

    bulk_id: UUID
    counts: CountsOfUndo
    results: list[UndoneItem] = Field(description="One for each ticket that had changed")


BULKS = (
    Operation(
        "POST", "/tickets/bulk", "post_bulk",
        "Change many tickets at once",
        {200: Reply("What became of each ticket.", BulkChange, ("Idempotency-Replayed",))},
        detail=f"Names up to {MAX_IDS} tickets by `ids`, or up to {MAX_SELECTED} by the `query` of"
        " a list, with the `expected_count` that the caller has seen. Each ticket is changed like"
        " by `PATCH`, completely or not at all; what refuses one ticket does not stop the others."
        " All are changed at the same moment. A dry run says what would change.",
        problems={
            409: "The query selects another number of tickets than `expected_count`. Or the first"
            " request with this Idempotency-Key is still in flight.",
            422: "A field is not valid, or fields do not belong together; or the Idempotency-Key"
            " was used for another request.",
        },
        headers={"Idempotency-Key": False}, body=Bulk,
        example={
            "ids": ["01936d6e-0000-7000-8000-000000000001"],
            "change": {"status": "pending", "assignee": "sam"},
            "dry_run": True,
        },
    ),
    Operation(
        "DELETE", "/tickets/bulk/{bulk_id}", "delete_bulk",
        "Undo a bulk change",
        {200: Reply("What became of each ticket.", UndoneBulk)},
        detail="Every ticket that nothing has changed since has its values again, and what was"
        f" said of its category teaches no longer. Possible once, for {POSSIBLE_DAYS} days.",
        problems={409: "It has been undone already."},
    ),
)  # fmt: skip
