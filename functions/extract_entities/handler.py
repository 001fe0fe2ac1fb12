"""ExtractEntities: orders, assets and so on in the ticket, each with the words that show it."""

from functools import partial

from deskhand.store.drafts import custom_entities, set_entities
from deskhand.store.steps import Outcome
from deskhand.ticket import Ticket, TicketText
from deskhand.triage.entities import Custom
from deskhand.triage.extract import RULES, extract
from deskhand.workflow.step import Work, step
from deskhand.workflow.step_provider import examine_ticket, step_provider

MAX_CUSTOM = 50


@step("extract_entities")
def handler(ticket: Ticket, work: Work) -> Outcome:
    """How many values were found; the ticket stores the values."""
    suspicion = examine_ticket(ticket)
    provider = step_provider(work, "extract_entities", suspicion, RULES)
    custom = [Custom(**row) for row in custom_entities(work.connection, MAX_CUSTOM)]
    whole = TicketText(ticket.subject, ticket.body)
    found = extract(provider, whole, suspicion.rest, custom)
    result = found.model_dump(mode="json")
    entities = {**result["entities"], "origin": result["origin"]}
    return Outcome(
        verdict={
            "found": found.entities.found,
            "rejected": len(found.entities.rejected),
            "ai_status": found.origin.ai_status,
        },
        result=result,
        apply=partial(set_entities, text_version=ticket.text_version, entities=entities),
    )
