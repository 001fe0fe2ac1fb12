"""The priority of a ticket whose request type people have changed."""

from typing import Any

from deskhand.catalog.model import RequestType
from deskhand.safety.injection.detection import examine
from deskhand.ticket import LEVELS, TicketText
from deskhand.triage.priority import Opinion, PriorityDecision, decide


def reconsider(row: dict[str, Any], request: RequestType, cluster: int) -> PriorityDecision:
    """The priority decision for a row of `tickets` with that request type and triage's inputs.

    A model's opinion counts as before. A priority that escalation has raised is not lowered.
    """
    known: list[dict[str, Any]] = row["priority_inputs"] or []
    opinion = next((Opinion(each["heeded"]) for each in known if "heeded" in each), None)
    text = examine(TicketText(row["subject"], row["body"])).rest.text
    decided = decide(request, text, cluster=cluster, opinion=opinion)
    raised = [each for each in known if each["name"] == "escalation"]
    if not raised or LEVELS.index(decided.priority) > LEVELS.index(row["priority"]):
        return decided
    return PriorityDecision(priority=row["priority"], inputs=[*decided.inputs, *raised])
