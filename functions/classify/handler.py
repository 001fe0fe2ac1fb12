"""Classify: category, request type and priority of a ticket, with the evidence for them."""

from functools import partial

from deskhand.catalog.loaded import in_force
from deskhand.duplicates.cluster import set_triage_of_original
from deskhand.settings.environment import settings
from deskhand.store.duplicates import cluster_size
from deskhand.store.steps import Outcome
from deskhand.ticket import Ticket
from deskhand.triage.classify_text import classify_text
from deskhand.triage.decision import triage_of
from deskhand.triage.offline import OFFLINE
from deskhand.workflow.step import Work, step
from deskhand.workflow.step_provider import examine_ticket, step_provider


@step("classify")
def handler(ticket: Ticket, work: Work) -> Outcome:
    """The classification; on the last try the next provider of the chain may answer."""
    loaded = in_force(work.connection)
    suspicion = examine_ticket(ticket)
    provider = step_provider(work, "classify", suspicion, OFFLINE)
    found = classify_text(work.connection, provider, loaded, suspicion, ticket.id)
    triage = triage_of(
        ticket,
        suspicion.rest,
        found,
        loaded.catalog,
        cluster=cluster_size(work.connection, ticket.id),
        heeded=settings().model_raises_priority,
    )
    return Outcome(
        verdict={
            "category": triage.category,
            "request_type": triage.request_type,
            "priority": triage.priority,
            "confidence": round(found.confidence, 4),
            "needs_review": triage.needs_review,
            "ai_status": triage.ai_status,
            "suspected_injection": found.suspected_injection,
            "sla_ignored": found.sla_ignored,
        },
        result=found.document(),
        apply=partial(set_triage_of_original, triage=triage),
    )
