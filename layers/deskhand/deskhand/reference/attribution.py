"""The operations of attribution, and what they answer."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from deskhand.attribution.api import RunsParameters
from deskhand.reference.answers import Count, RunId, RunStatus
from deskhand.reference.operation import Link, Operation, Reply
from deskhand.reference.prepared import ExactObject
from deskhand.workflow.replay import Nothing


class OpenedRun(ExactObject):
    """A run that will begin."""

    run_id: RunId
    status: Literal["PENDING"]


class Counts(ExactObject):
    """What became of the requests; null before the step that counts it has ended."""

    fetched: Count | None = Field(description="Items of the helpdesk's answer")
    unreadable: Count | None = Field(description="Items that are no object")
    values_unread: Count | None = Field(description="Values that are no text or no number")
    complete: Count = Field(description="Their own fields say enough; no model was asked")
    classified: Count
    rejected: Count = Field(description="Their pair, given or answered, is not in the catalog")
    conflict: Count = Field(description="No request type of their own category fits")
    missing: Count = Field(description="The answers left them out, twice")
    failed: Count = Field(description="Their batch failed; they stay as they were")
    waiting: Count
    batches: Count
    batches_done: Count
    batches_failed: Count
    calls: Count = Field(description="Calls of models")
    splits: Count = Field(description="Calls of models about a part, after a bad answer")
    sla_ignored: Count = Field(description="Answers that named an SLA, which did not count")
    sent: Count | None = Field(description="Mails that carried the report")
    cost_usd: float | None = Field(ge=0, description="Null when a price is unknown")


class FaultOfItem(ExactObject):
    """Something of the helpdesk's answer that could not be read."""

    index: Count
    problem: str


class AskedProvider(ExactObject):
    """A provider that answered; `offline` is none with a model."""

    provider: str
    model: str


class AttributionRun(ExactObject):
    """A run with its counts."""

    id: RunId
    status: RunStatus
    attempt: int = Field(ge=1)
    current_step: str | None
    error: str | None
    reason: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    request_id: str
    started_by: str
    skipped: Count = Field(description="Starts of the schedule while it was open")
    catalog_version: str | None
    faults: list[FaultOfItem] = Field(description="The first hundred")
    providers: list[AskedProvider]
    counts: Counts
    execution_arn: str


class AttributionRuns(ExactObject):
    """A page of runs."""

    runs: list[AttributionRun]
    next_cursor: RunId | None


ATTRIBUTION = (
    Operation(
        "POST", "/attribution/runs", "post_attribution_run",
        "Read the helpdesk, sort its requests, mail the report",
        {202: Reply(
            "The run will begin.", OpenedRun, ("Idempotency-Replayed",),
            (Link("get_attribution_run", {"run_id": "$response.body#/run_id"}),),
        )},
        problems={409: "Another run is open, `errors` names its id; or the first request with this"
                  " Idempotency-Key is still in flight."},
        headers={"Idempotency-Key": False}, body=Nothing, body_required=False,
    ),
    Operation(
        "GET", "/attribution/runs", "list_attribution_runs",
        "List runs of attribution, newest first",
        {200: Reply("A page of runs.", AttributionRuns)},
        query=RunsParameters,
    ),
    Operation(
        "GET", "/attribution/runs/{run_id}", "get_attribution_run",
        "Read a run of attribution",
        {200: Reply("The run, and what became of its requests so far.", AttributionRun)},
    ),
)  # fmt: skip
