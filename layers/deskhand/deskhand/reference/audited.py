"""What the API answers about audits of exported tickets."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from deskhand.audits.run import MAX_FINDINGS
from deskhand.reference.answers import Count
from deskhand.reference.learned import Share
from deskhand.reference.prepared import ExactObject


class ColumnDates(ExactObject):
    """How a column writes its dates, and the value that shows it."""

    form: str
    evidence: str


class WrongDates(ExactObject):
    """Values of a column that are no dates."""

    count: Count
    examples: list[str]


class Fault(ExactObject):
    """A record that could not be read."""

    place: Count = Field(description="The line, or the row of the sheet, where it begins")
    detail: str


class Source(ExactObject):
    """How a file was read."""

    format: Literal["csv", "json", "xlsx", "xls", "ods"]
    system: str | None = Field(description="The help desk whose export it looks like")
    header: list[str]
    mapping: dict[str, str] = Field(description="The column of each field")
    confirmed: list[str] = Field(description="Fields whose column the caller gave")
    suggested: dict[str, list[str]] = Field(
        description="Columns that may be a field; not used unless given in `mapping`"
    )
    unused: list[str]
    dates: dict[str, ColumnDates]
    time_zone: str
    notes: list[str]
    rows: Count
    tickets: Count = Field(description="Rows with a text, one for each id")
    without_text: Count
    repeated: Count = Field(description="Earlier rows of an id, which do not count")
    wider: Count = Field(description="Rows with filled cells beyond the header")
    faults: list[Fault]
    refused: Count = Field(description="Records that could not be read")
    wrong_dates: dict[str, WrongDates]


class OpenQuestion(ExactObject):
    """What must be told before an audit, and by which parameter."""

    pointer: str
    detail: str


class ShownTicket(ExactObject):
    """A row as it was understood; texts are shortened."""

    place: Count
    external_id: str
    subject: str
    body: str
    category: str
    request_type: str
    priority: str
    sla_value: str
    sla_unit: str
    created_at: datetime | None
    updated_at: datetime | None
    solved_at: datetime | None
    due_at: datetime | None


class TriedAudit(ExactObject):
    """How a file would be audited."""

    source: Source
    problems: list[OpenQuestion]
    rows: list[ShownTicket] = Field(max_length=5)


class NamedTicket(ExactObject):
    """A ticket of the export."""

    external_id: str
    place: Count
    subject: str


class Misroute(NamedTicket):
    """A ticket that probably belongs elsewhere."""

    category: str
    request_type: str
    predicted_category: str
    predicted_request_type: str
    confidence: Share
    stored_confidence: Share
    expected_gain: float = Field(description="`confidence` less `stored_confidence`")
    calibrated: bool = Field(
        description="Predicted by the other tickets of the export; else by the catalog's wording,"
        " whose confidence only ranks"
    )


class Member(NamedTicket):
    """A ticket that tells of the same thing as the oldest of its cluster."""

    similarity: Share


class Cluster(NamedTicket):
    """Tickets that tell of the same thing; it is named by the oldest."""

    tickets: Count
    places: Count = Field(description="In how many different places they were put")
    first_at: datetime | None
    last_at: datetime | None
    members: list[Member] = Field(max_length=20)


class CountedPair(ExactObject):
    """A pair of names and how many tickets have it."""

    category: str
    request_type: str
    tickets: Count


class Missed(NamedTicket):
    """A ticket that was late."""

    category: str
    request_type: str
    due_at: datetime
    due_by: Literal["export", "catalog"]
    solved_at: datetime | None = Field(description="None: not when the export ends")
    late_hours: float


class Differing(NamedTicket):
    """A ticket whose SLA is not the catalog's."""

    stored: str
    catalog: str


class SlaGaps(ExactObject):
    """Where promises and tickets do not meet. An export does not tell of pauses."""

    without: list[CountedPair] = Field(description="Pairs that the catalog promises nothing for")
    missed: list[Missed] = Field(max_length=MAX_FINDINGS)
    differing: list[Differing] = Field(max_length=MAX_FINDINGS)


class Gap(NamedTicket):
    """A ticket that fits nothing in the catalog; `theme` numbers the groups of those."""

    theme: Count
    tickets: Count = Field(description="How many have this theme")
    nearest: float = Field(description="The cosine with the nearest phrase of the catalog")


class AuditSummary(ExactObject):
    """What was found, in numbers."""

    tickets: Count
    with_pair: Count = Field(description="Whose names are one entry of the catalog")
    with_category: Count = Field(description="Whose names are several entries, as a category is")
    without_pair: Count = Field(description="Whose names are in no entry, or that have none")
    predicted_by_export: Count
    agreement: Share | None = Field(
        description="How often the prediction is the stored pair; none: too few tickets have one"
    )
    misroutes: Count
    expected_gain: float = Field(description="How many tickets would be routed better")
    clusters: Count
    duplicates: Count
    without_sla: Count
    missed: Count
    differing: Count
    gaps: Count
    catalog_version: str


class Findings(ExactObject):
    """The first findings of each kind; the summary counts all of them."""

    summary: AuditSummary
    misroutes: list[Misroute] = Field(max_length=MAX_FINDINGS)
    clusters: list[Cluster] = Field(max_length=MAX_FINDINGS)
    sla: SlaGaps
    gaps: list[Gap] = Field(max_length=MAX_FINDINGS)
    unknown_pairs: list[CountedPair]


class _Audit(ExactObject):
    id: UUID
    actor: str
    status: Literal["waiting", "running", "done", "failed"]
    progress: Share
    rows: Count
    confidence: Share
    error: str | None
    created_at: datetime
    ended_at: datetime | None


class Audit(_Audit):
    """An audit; its result is there once it is done."""

    source: Source
    result: Findings | None


class ListedAudit(_Audit):
    """An audit without its findings."""

    summary: AuditSummary | None


class Audits(ExactObject):
    """The last audits, newest first."""

    audits: list[ListedAudit] = Field(max_length=100)
