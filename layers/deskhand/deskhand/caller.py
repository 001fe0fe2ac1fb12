"""Who is asking, and what they may do."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from deskhand.problem import Problem

Role = Literal["admin", "agent", "customer", "service"]


@dataclass(frozen=True)
class Caller:
    """An authenticated principal; its `id` is stored with everything it makes."""

    id: str
    role: Role

    @property
    def owner(self) -> str | None:
        """Whose tickets the caller sees: a customer their own, everybody else all (None)."""
        return self.id if self.role == "customer" else None

    def require(self, *roles: Role) -> None:
        """Raises a 403 Problem unless the caller has one of the roles."""
        if self.role not in roles:
            raise Problem(HTTPStatus.FORBIDDEN, f"this needs the role {' or '.join(roles)}")
