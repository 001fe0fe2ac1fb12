"""Who is asking, and what they may do."""

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from deskhand.api.access import Access, Scope
from deskhand.api.problem import Problem
from deskhand.settings.environment import Role


@dataclass(frozen=True)
class Caller:
    """An authenticated principal; its `id` is stored with everything it makes.

    `scopes` narrow down what its role may; None: they do not.
    """

    id: str
    role: Role
    scopes: frozenset[Scope] | None = None

    @property
    def owner(self) -> str | None:
        """Whose tickets the caller sees: a customer their own, everybody else all (None)."""
        return self.id if self.role == "customer" else None

    @property
    def customer_id(self) -> str | None:
        """The only customer in whose name the caller writes tickets; None: in anybody's.

        It is the subject of a customer's token. A customer without a token is known by nothing, so
        that what they say about themselves is all there is.
        """
        kind, _, subject = self.id.partition(":")
        return subject if self.role == "customer" and kind == "user" else None

    @property
    def account_id(self) -> UUID | None:
        """The account that the token names; None for machines and tokens that no login has made."""
        kind, _, subject = self.id.partition(":")
        try:
            return UUID(subject) if kind == "user" else None
        except ValueError:
            return None

    def require(self, access: Access) -> None:
        """Raises a 403 Problem unless the route is open to the caller's role and scopes."""
        if access.public:
            return
        if self.role not in access.roles:
            needed = " or ".join(access.roles)
            raise Problem(HTTPStatus.FORBIDDEN, f"this needs the role {needed}")
        if access.scope and self.scopes is not None and access.scope not in self.scopes:
            raise Problem(HTTPStatus.FORBIDDEN, f"this needs the scope {access.scope}")
