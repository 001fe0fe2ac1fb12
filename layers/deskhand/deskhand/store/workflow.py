"""The steps of the workflow, in the order of a ticket's path: the only list of them.

It defines the outcomes that a run may have (an invariant), the optional steps, and the steps that
tests and faults go through. A contract test compares it with the state machine, the functions, the
events and the template.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Step:
    """A step; its name is that of its function's folder.

    `after` names the step before it. `tickets` says which tickets take it: all, duplicates, or
    those that do not inherit an original's triage. The run goes on when an `optional` step fails. A
    step `beside_classify` is a branch of the same Parallel state.
    """

    name: str
    after: str | None
    tickets: Literal["all", "duplicates", "triaged"] = "all"
    optional: bool = False
    beside_classify: bool = False


STEPS = (
    Step("validate_ticket", after=None),
    Step("detect_duplicates", after="validate_ticket", optional=True),
    Step("link_duplicate", after="detect_duplicates", tickets="duplicates", optional=True),
    Step("classify", after="validate_ticket", tickets="triaged"),
    Step(
        "extract_entities",
        after="validate_ticket",
        tickets="triaged",
        optional=True,
        beside_classify=True,
    ),
    Step(
        "research", after="validate_ticket", tickets="triaged", optional=True, beside_classify=True
    ),
    Step("draft_reply", after="classify", tickets="triaged", optional=True),
    Step("review_reply", after="draft_reply", tickets="triaged", optional=True),
    Step("create_ticket", after="validate_ticket"),
)
# The steps of a run of attribution, which has no ticket; `classify_batch` has one outcome for each
# batch.
ATTRIBUTION = (
    Step("fetch_requests", after=None),
    Step("classify_batch", after="fetch_requests"),
    Step("build_report", after="fetch_requests"),
    Step("send_report", after="build_report"),
)
# During these steps the run's current step is Classify: only its failure ends the run.
BESIDE_CLASSIFY = tuple(step.name for step in STEPS if step.beside_classify)
