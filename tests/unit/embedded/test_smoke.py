"""The smoke test against a desk that works, and against desks that do not."""

import json
from typing import Any

import httpx
import pytest

from embedded import smoke
from embedded.errors import EmbeddedError

PENDING = {"workflow_status": "PENDING", "due_at": None, "workflow_run_id": 7}
DONE = {"workflow_status": "COMPLETED", "due_at": "2026-12-01T12:00:00Z", "priority": "low"}
FAILED = PENDING | {
    **{"workflow_status": "FAILED", "workflow_error": "CatalogMissing"},
    "workflow_reason": "no catalog is loaded",
}


class Desk:
    """What an API answers to each GET of the ticket, the last one repeated, until it is deleted."""

    def __init__(self, *states: dict[str, Any], accepts: int = 202, deletes: int = 204) -> None:
        self.states, self.accepts, self.deletes = list(states), accepts, deletes
        self.asked: list[str] = []
        self.posted: dict[str, Any] = {}
        self.there = True

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.method)
        match request.method:
            case "POST":
                self.posted = json.loads(request.content) | {
                    "key": request.headers["Idempotency-Key"]
                }
                return httpx.Response(self.accepts, json={"ticket_id": "t-1", "detail": "not now"})
            case "DELETE":
                self.there = self.deletes == 200
                return httpx.Response(self.deletes, json={"detail": "not allowed"})
            case _ if self.there:
                state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
                return httpx.Response(200, json=state)
        return httpx.Response(404, json={"detail": "no such ticket"})


def try_out(desk: Desk, patience: float = 600) -> None:
    with httpx.Client(base_url="http://desk", transport=httpx.MockTransport(desk)) as client:
        smoke.try_out(client, patience, often=0)


def test_a_marked_ticket_goes_through_and_away() -> None:
    """F-N4"""
    desk = Desk(PENDING, PENDING | {"workflow_status": "IN_PROGRESS"}, PENDING, DONE)
    try_out(desk)
    assert desk.asked == ["POST", "GET", "GET", "GET", "GET", "DELETE", "GET"]
    assert desk.posted["tags"] == ["smoke"]
    assert desk.posted["key"].removeprefix("smoke-") in desk.posted["subject"]


@pytest.mark.parametrize(
    ("desk", "said", "deleted"),
    [
        (Desk(DONE, accepts=503), "POST /tickets answers 503: not now", False),
        (Desk(FAILED), "run 7 of the ticket failed: CatalogMissing: no catalog is loaded", True),
        (Desk(PENDING), "run 7 of the ticket is still PENDING: nothing is dispatched", True),
        (Desk(DONE, deletes=403), "DELETE /tickets/t-1 answers 403: not allowed", True),
        (Desk(DONE, deletes=200), "ticket t-1 is still there after it was deleted", True),
    ],
)
def test_what_does_not_work_is_named_and_the_ticket_deleted(
    desk: Desk, said: str, deleted: bool
) -> None:
    """F-N4"""
    with pytest.raises(EmbeddedError, match=said):
        try_out(desk, patience=-1)
    assert ("DELETE" in desk.asked) == deleted
