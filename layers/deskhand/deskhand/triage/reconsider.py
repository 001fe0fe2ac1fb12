"""The priority of a ticket that people have put elsewhere in the catalog."""

from typing import Any

from deskhand.catalog.model import RequestType
from deskhand.safety.injection.detection import examine
from deskhand.ticket import LEVELS, TicketText
from deskhand.triage.priority import Opinion, PriorityDecision, decide


def decide_anew(row: dict[str, Any], request: RequestType, cluster: int) -> PriorityDecision:
    """What triage would decide of a row of `tickets` for that type, with all that it knew.

    A model's opinion still counts as it did. What escalation has raised is not lowered.
    """
    known: list[dict[str, Any]] = row["priority_inputs"] or []
    opinion = next((Opinion(each["heeded"]) for each in known if "heeded" in each), None)
    text = examine(TicketText(row["subject"], row["body"])).rest.text
    decided = decide(request, text, cluster=cluster, opinion=opinion)
    raised = [each for each in known if each["name"] == "escalation"]
    if not raised or LEVELS.index(decided.priority) > LEVELS.index(row["priority"]):
        return decided
    return PriorityDecision(priority=row["priority"], inputs=[*decided.inputs, *raised])
