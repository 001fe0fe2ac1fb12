"""Follows tickets through the API until their runs have ended."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from embedded.errors import EmbeddedError
from embedded.patience import Patience

Ticket = dict[str, Any]
ENDED = ("COMPLETED", "FAILED")
_PAGE = 100
_MOVED = (
    "LocalStack was restarted meanwhile, and the API has another address: accepted tickets are "
    "finished there, `make status` counts them"
)
_LOGS = "`make logs F=tickets` shows why"
# Longer than any step may take with its retries.
PATIENCE_SECONDS = 300


def follow(
    base_url: str, wanted: set[str], progress: Callable[[list[Ticket]], None]
) -> dict[str, Ticket]:
    """Return the tickets by id once all runs have ended; call `progress` with each list of tickets.

    Raise EmbeddedError when no run has ended for five minutes: more waiting would not help.
    """
    with httpx.Client(base_url=base_url, timeout=30, trust_env=False) as client:
        patience = Patience(PATIENCE_SECONDS)
        while True:
            found = {ticket["id"]: ticket for ticket in _listed(client, wanted)}
            progress(list(found.values()))
            done = sum(ticket["workflow_status"] in ENDED for ticket in found.values())
            if done == len(wanted):
                return found
            if patience.has_ended(done):
                raise EmbeddedError(_stuck(len(wanted) - done))
            time.sleep(0.5)


def ticket(base_url: str, ticket_id: str) -> Ticket:
    """Return all that the API returns for a ticket."""
    return _read(base_url, f"/tickets/{ticket_id}")


def run(base_url: str, run_id: int) -> dict[str, Any]:
    """Return all that the API returns for a run."""
    return _read(base_url, f"/runs/{run_id}")


def trail(base_url: str, ticket_id: str) -> list[dict[str, Any]]:
    """Return everything that happened to a ticket, in order."""
    return list(_read(base_url, f"/tickets/{ticket_id}/events")["events"])


def _listed(client: httpx.Client, wanted: set[str]) -> Iterator[Ticket]:
    """Yield the wanted tickets, newest first; stop at the page with the oldest of them."""
    # Ids are UUIDv7: their order is the order in which the tickets were accepted.
    oldest, cursor = min(wanted), None
    while True:
        page = _page(client, cursor)
        yield from (ticket for ticket in page["tickets"] if ticket["id"] in wanted)
        cursor = page["next_cursor"]
        if cursor is None or cursor <= oldest:
            return


def _page(client: httpx.Client, cursor: str | None) -> dict[str, Any]:
    parameters = {"limit": str(_PAGE)} | ({"cursor": cursor} if cursor else {})
    for pause in range(5):
        try:
            answer = client.get("/tickets", params=parameters)
        except httpx.TransportError as error:
            fault = f"the API does not answer ({error}): `make up` brings it back and finishes"
            said = EmbeddedError(f"{fault} the accepted tickets")
        else:
            if answer.is_success:
                return dict(answer.json())
            if answer.status_code == httpx.codes.NOT_FOUND:
                raise EmbeddedError(_MOVED)
            said = EmbeddedError(f"GET /tickets answers {answer.status_code}: {_LOGS}")
        time.sleep(0.5 * 2**pause)
    raise said


def _read(base_url: str, path: str) -> dict[str, Any]:
    answer = httpx.get(base_url + path, timeout=30, trust_env=False)
    if not answer.is_success:
        raise EmbeddedError(f"GET {path} answers {answer.status_code}: {_LOGS}")
    return dict(answer.json())


def _stuck(left: int) -> str:
    return (
        f"{left} runs are still open and none has ended for {PATIENCE_SECONDS // 60} minutes: "
        "`make status` and `make logs` show where; no ticket is lost, reconcile takes them up again"
    )
