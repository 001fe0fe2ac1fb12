"""Accounts of a deployed stack, as people and operators make them."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.e2e.conftest import Stack


@dataclass(frozen=True)
class Person:
    """Somebody who has logged in."""

    email: str
    password: str
    invite: str
    tokens: dict[str, Any]

    @property
    def headers(self) -> dict[str, str]:
        """What their requests carry."""
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}


def administrator(stack: Stack, email: str, password: str) -> Person:
    """The documented way to the first administrator, from the invocation to the login."""
    invite = stack.invoke("AppointAdminFunction", {"email": email})["invite"]
    body = {"email": email, "password": password, "invite": invite}
    made = stack.api.post("/auth/register", json=body)
    assert (made.status_code, made.json()["role"]) == (201, "admin")
    return Person(email, password, invite, login(stack, email, password).json())


def login(stack: Stack, email: str, password: str) -> httpx.Response:
    """The answer to a login."""
    return stack.api.post("/auth/login", json={"email": email, "password": password})
