"""Classify: category, request type and priority of a ticket, with the evidence for them."""

from functools import partial

from deskhand.catalog.loaded import in_force
from deskhand.duplicates.cluster import set_counted
from deskhand.learning.memory import bar_of_model, recall
from deskhand.models.chain import provider_for
from deskhand.safety.injection.detection import examine
from deskhand.settings.environment import settings
from deskhand.store.calls import Calls
from deskhand.store.duplicates import cluster
from deskhand.store.steps import Outcome
from deskhand.ticket import Ticket, TicketText
from deskhand.triage.classify import classify
from deskhand.triage.decision import triage_of
from deskhand.triage.offline import OFFLINE
from deskhand.workflow.step import Work, step


@step("classify")
def handler(ticket: Ticket, work: Work) -> Outcome:
    """The classification; the last try may be answered by the next provider of the chain."""
    loaded = in_force(work.connection)
    suspicion = examine(TicketText(ticket.subject, ticket.body))
    calls = Calls(work.connection, work.run_id, "classify")
    # Who tries to instruct a model gets none: offline compares words and obeys nobody.
    only = "offline" if suspicion.signs else None
    provider = provider_for(
        settings(), last_attempt=work.last_try, calls=calls, only=only, offline=OFFLINE
    )
    text = suspicion.rest
    found = classify(
        provider,
        loaded.catalog,
        loaded.phrases,
        text,
        suspicion.signs,
        recall(work.connection, text, loaded.phrases, ticket.id),
        settings().routing_precision,
        partial(bar_of_model, work.connection, settings().routing_precision),
    )
    triage = triage_of(
        ticket,
        text,
        found,
        loaded.catalog,
        cluster=cluster(work.connection, ticket.id),
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
        result=found.model_dump(mode="json"),
        apply=partial(set_counted, triage=triage),
    )
