"""The caller of a request and its permissions."""

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from deskhand.api.access import Access, Scope
from deskhand.api.problem import Problem
from deskhand.settings.environment import Role


@dataclass(frozen=True)
class Caller:
    """An authenticated principal; its `id` is stored with everything it creates.

    `scopes` restrict what its role permits; None: no restriction.
    """

    id: str
    role: Role
    scopes: frozenset[Scope] | None = None

    @property
    def owner(self) -> str | None:
        """The owner of the tickets that the caller may see: a customer sees their own, other roles
        see all (None)."""
        return self.id if self.role == "customer" else None

    @property
    def customer_id(self) -> str | None:
        """The only customer for whom the caller may submit tickets; None: any customer.

        It is the subject of a customer's token. A customer without a token has no identity, so the
        `customer_id` in the request is accepted.
        """
        kind, _, subject = self.id.partition(":")
        return subject if self.role == "customer" and kind == "user" else None

    @property
    def account_id(self) -> UUID | None:
        """The account that the token names; None for machines and for tokens that were not issued
        by a login."""
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
