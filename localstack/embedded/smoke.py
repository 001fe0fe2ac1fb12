"""`make smoke`: does the desk work? One marked ticket through the public API, and away again."""

import time
import uuid
from typing import Any

import httpx

from embedded.console import say
from embedded.errors import EmbeddedError
from embedded.functions import stack_of, token_of
from embedded.instance import Instance

# A first ticket meets functions that have never run; relay and reconcile may have to help.
PATIENCE_SECONDS = 600.0
OFTEN_SECONDS = 1.0
MARK = "smoke"


def smoke(instance: Instance) -> None:
    """Post a ticket, wait for its due time and delete it; raise EmbeddedError when it fails."""
    base_url = stack_of(instance).base_url()
    # Whoever may sign tokens may do this; the role of a caller without one does not matter.
    headers = {"Authorization": f"Bearer {token_of(instance, MARK, 'admin')}"}
    with httpx.Client(base_url=base_url, headers=headers, timeout=30) as client:
        try_out(client)


def try_out(
    client: httpx.Client, patience: float = PATIENCE_SECONDS, often: float = OFTEN_SECONDS
) -> None:
    """The same through a client of the API. The ticket is deleted whatever became of it."""
    began = time.monotonic()
    ticket_id = _post(client)
    say(MARK, f"ticket {ticket_id} is accepted")
    try:
        ticket = _triaged(client, ticket_id, began + patience, often)
        said = f"priority {ticket['priority']}, due {ticket['due_at']}"
        say(MARK, f"triaged after {time.monotonic() - began:.1f} s: {said}")
    finally:
        _ask(client, "DELETE", ticket_id)
    if client.get(f"/tickets/{ticket_id}").status_code != httpx.codes.NOT_FOUND:
        raise EmbeddedError(f"ticket {ticket_id} is still there after it was deleted")
    say(MARK, "deleted")


def _post(client: httpx.Client) -> str:
    # No two are alike, so none is found to be a duplicate of another.
    mark = uuid.uuid4().hex
    document = {
        "subject": f"Smoke test {mark}",
        "body": "Nobody needs help: this ticket shows that tickets are triaged, and is deleted.",
        "customer_id": MARK,
        "tags": [MARK],
    }
    answer = client.post("/tickets", json=document, headers={"Idempotency-Key": f"{MARK}-{mark}"})
    if answer.status_code != httpx.codes.ACCEPTED:
        raise EmbeddedError(f"POST /tickets answers {answer.status_code}: {_detail(answer)}")
    return str(answer.json()["ticket_id"])


def _triaged(client: httpx.Client, ticket_id: str, until: float, often: float) -> dict[str, Any]:
    while True:
        ticket: dict[str, Any] = _ask(client, "GET", ticket_id).json()
        if ticket["workflow_status"] == "COMPLETED" and ticket["due_at"]:
            return ticket
        if ticket["workflow_status"] == "FAILED":
            why = f"{ticket['workflow_error']}: {ticket['workflow_reason']}"
            raise EmbeddedError(f"run {ticket['workflow_run_id']} of the ticket failed: {why}")
        if time.monotonic() > until:
            raise EmbeddedError(
                f"run {ticket['workflow_run_id']} of the ticket is still "
                f"{ticket['workflow_status']}: nothing is dispatched, or a step hangs"
            )
        time.sleep(often)


def _ask(client: httpx.Client, method: str, ticket_id: str) -> httpx.Response:
    answer = client.request(method, f"/tickets/{ticket_id}")
    if not answer.is_success:
        said = f"{method} /tickets/{ticket_id} answers {answer.status_code}: {_detail(answer)}"
        raise EmbeddedError(said)
    return answer


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return "no problem document"
