"""Requests about tickets, and what their answers say."""

from typing import Any

from tests.functions.gateway import Answer, call


def patch(ticket_id: object, body: object, if_match: str | None = None) -> Answer:
    """The answer to an edit."""
    headers = {} if if_match is None else {"If-Match": if_match}
    return call("PATCH", f"/tickets/{ticket_id}", body, headers=headers)


def pointers(answer: Answer) -> list[str]:
    """The places that a problem names."""
    return [error["pointer"] for error in answer.body["errors"]]


def trail(ticket_id: object) -> list[dict[str, Any]]:
    """The events of a ticket."""
    events: list[dict[str, Any]] = call("GET", f"/tickets/{ticket_id}/events").body["events"]
    return events


def edits_of(ticket_id: object) -> list[tuple[str, str, Any]]:
    """Kind, actor and data of each event that people made."""
    return [
        (each["kind"], each["actor"], each["data"])
        for each in trail(ticket_id)
        if each["actor"] == "anonymous" and each["kind"] != "ticket.created"
    ]
