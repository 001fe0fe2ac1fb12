"""A model that is away for a moment, so that a demo shows what becomes of a ticket meanwhile."""

from contextlib import AbstractContextManager

from embedded import ports
from embedded.functions import Deployed
from embedded.tickets import Submission

# Answered by an article, and like none of the samples.
TICKET = Submission(
    "/tickets",
    {
        "subject": "Budget sheet overwritten",
        "body": "I saved over the budget sheet BU-2207 on the share. "
        "Can I get the file of yesterday back?",
        "customer_id": "p.larsson",
    },
)


def model_away(stack: Deployed) -> AbstractContextManager[None]:
    """Meanwhile the one model that DraftReply may ask is at an address where nobody listens."""
    nowhere = {
        "LLM_PROVIDERS": "openai:away",
        "OPENAI_BASE_URL": f"http://127.0.0.1:{ports.unused()}/v1",
        "OPENAI_API_KEY": "none",
    }
    return stack.configured("DraftReplyFunction", nowhere)
