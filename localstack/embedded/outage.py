"""A short outage of a model, so that a demo shows a ticket that goes through one."""

from contextlib import AbstractContextManager

from embedded import ports
from embedded.functions import DeployedStack
from embedded.tickets import Submission

# An article answers it, and it is like none of the samples.
TICKET = Submission(
    "/tickets",
    {
        "subject": "Budget sheet overwritten",
        "body": "I saved over the budget sheet BU-2207 on the share. "
        "Can I get the file of yesterday back?",
        "customer_id": "p.larsson",
    },
)


def model_away(stack: DeployedStack) -> AbstractContextManager[None]:
    """Give DraftReply a model address at which no server listens, inside the context."""
    nowhere = {
        "LLM_PROVIDERS": "openai:away",
        "OPENAI_BASE_URL": f"http://127.0.0.1:{ports.unused_port()}/v1",
        "OPENAI_API_KEY": "none",
    }
    return stack.configure("DraftReplyFunction", nowhere)
