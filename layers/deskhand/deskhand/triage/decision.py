"""The triage that follows from a classification and from what people have decided."""

from deskhand.catalog.model import Catalog
from deskhand.store.triage import Triage
from deskhand.ticket import Ticket, TicketText
from deskhand.triage.classify import Classification
from deskhand.triage.priority import Opinion, decide


def triage_of(
    ticket: Ticket,
    text: TicketText,
    found: Classification,
    catalog: Catalog,
    *,
    cluster: int = 0,
    heeded: bool = False,
) -> Triage:
    """The triage to store; when people chose the request type, their choice determines the
    priority.

    What fits nothing has no category and no request type: it waits in the triage queue. A choice
    made by people needs no review. `cluster` is the number of tickets about the same
    problem, and `heeded` says whether a model's opinion on urgency raises the priority.
    """
    guess = (found.category, found.request_type) if found.fits else (None, None)
    category, request_type = ticket.chosen or guess
    opinion = Opinion(heeded) if found.urgency == "higher" else None
    handling = catalog.handling(category, request_type)
    priority = decide(handling, text.text, cluster=cluster, opinion=opinion)
    return Triage(
        text_version=ticket.text_version,
        category=category,
        request_type=request_type,
        priority=priority.priority,
        priority_inputs=priority.inputs,
        summary=found.summary,
        confidence=found.confidence,
        likely_places=[place.model_dump() for place in found.likely_places],
        evidence=[item.model_dump(mode="json") for item in found.evidence],
        review_reasons=[] if ticket.chosen else found.review_reasons,
        ai_status=found.origin.ai_status,
        ai_provider=found.origin.provider,
        ai_model=found.origin.model,
        ai_prompt=found.origin.prompt_version,
    )
