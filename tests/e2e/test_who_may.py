"""Customers, agents and administrators of a deployed stack."""

from typing import Any

import httpx

from tests.e2e.conftest import Stack


def ask(stack: Stack, role: str, method: str, path: str, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {stack.token(role)}"}
    return stack.api.request(method, path, headers=headers, json=body or None)


def test_a_customer_sees_their_own_tickets_and_deletes_none(stack: Stack) -> None:
    """F-A7 F-A8"""
    foreign = stack.post("Somebody else's ticket").json()["ticket_id"]
    ticket = {"subject": "My own ticket", "body": ""}
    own = ask(stack, "customer", "POST", "/tickets", **ticket).json()["ticket_id"]
    stack.ended(own)
    stack.ended(foreign)
    assert ask(stack, "customer", "GET", f"/tickets/{own}").status_code == 200
    assert ask(stack, "customer", "GET", f"/tickets/{foreign}").status_code == 404
    listed = ask(stack, "customer", "GET", "/tickets").json()["tickets"]
    assert [each["id"] for each in listed] == [own]
    for role in ("customer", "agent"):
        assert ask(stack, role, "DELETE", f"/tickets/{own}").status_code == 403
    assert ask(stack, "admin", "DELETE", f"/tickets/{own}").status_code == 204
    assert ask(stack, "admin", "DELETE", f"/tickets/{own}").status_code == 404
    [audit] = stack.sql("SELECT action, actor FROM audit WHERE ticket_id = %s", own)
    assert audit == {"action": "ticket.deleted", "actor": "user:admin-1"}


def test_a_forged_token_is_refused(stack: Stack) -> None:
    """F-K1"""
    head, claims, _ = stack.token("admin").split(".")
    reply = stack.api.get("/tickets", headers={"Authorization": f"Bearer {head}.{claims}.AAAA"})
    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")
