"""Who may use which route: the one table that the router enforces and the reference shows.

A route that is not in it is not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from deskhand.settings.environment import Role

Scope = Literal["tickets:read", "tickets:write"]
Paced = Literal["door", "valid", "free"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True)
class Access:
    """Who may use a route: the roles, or everybody where it is `public`.

    A service token must be good for the `scope`. `paced`: when requests count for the caller's
    pace, where nobody need say who they are for that of their address: at the "door", or only once
    the handler has found them "valid", or never ("free"). `live`: the request grants, revokes or
    deletes, so that it is not enough that a token of the last minutes says who asks: the account
    behind it is looked up, and held until the answer.
    """

    roles: tuple[Role, ...] = ()
    scope: Scope | None = None
    public: bool = False
    paced: Paced = "door"
    live: bool = False


_ALL: tuple[Role, ...] = get_args(Role)
_PEOPLE: tuple[Role, ...] = ("admin", "agent", "customer")

_READERS = Access(_ALL, "tickets:read")
# What creates or acts is told what is wrong with it before it is told to slow down.
_WRITERS = Access(_ALL, "tickets:write", paced="valid")
_STAFF = Access(("agent", "admin"))
_ACTING_STAFF = Access(("agent", "admin"), paced="valid")
# Articles are written for those who solve tickets.
_SOLVERS = Access(("agent", "admin", "service"), "tickets:read")
_ADMINS = Access(("admin",))
_LIVE_ADMINS = Access(("admin",), live=True)
_ACTING_ADMINS = Access(("admin",), paced="valid")
_ANYBODY = Access(public=True)
_FREE = Access(public=True, paced="free")

ROUTES: Mapping[tuple[str, str], Access] = {
    ("POST", "/tickets"): _WRITERS,
    ("POST", "/incidents"): _WRITERS,
    ("GET", "/tickets"): _READERS,
    ("GET", "/tickets/{ticket_id}"): _READERS,
    ("PATCH", "/tickets/{ticket_id}"): _STAFF,
    ("DELETE", "/tickets/{ticket_id}"): _LIVE_ADMINS,
    ("GET", "/tickets/{ticket_id}/events"): _READERS,
    ("GET", "/tickets/{ticket_id}/sla"): _READERS,
    ("POST", "/tickets/{ticket_id}/reprocess"): _ACTING_STAFF,
    ("DELETE", "/tickets/{ticket_id}/duplicate"): _STAFF,
    ("POST", "/tickets/{ticket_id}/corrections"): _ACTING_STAFF,
    ("POST", "/tickets/import"): _ADMINS,
    ("GET", "/tickets/imports/{import_id}"): _ADMINS,
    ("DELETE", "/tickets/imports/{import_id}"): _LIVE_ADMINS,
    ("POST", "/tickets/similar"): _SOLVERS,
    ("POST", "/triage/preview"): Access(("admin", "agent", "service"), "tickets:read"),
    ("GET", "/analytics/quality"): _STAFF,
    ("GET", "/runs/{run_id}"): _READERS,
    ("GET", "/kb/articles"): _SOLVERS,
    ("GET", "/kb/articles/{slug}"): _SOLVERS,
    ("PUT", "/kb/articles/{slug}"): _STAFF,
    ("DELETE", "/kb/articles/{slug}"): _STAFF,
    ("GET", "/kb/search"): _SOLVERS,
    ("GET", "/admin/failures"): _ADMINS,
    ("POST", "/admin/failures/replay"): _ACTING_ADMINS,
    ("POST", "/admin/fallbacks/reprocess"): _ACTING_ADMINS,
    ("POST", "/auth/register"): _ANYBODY,
    ("POST", "/auth/login"): _ANYBODY,
    ("POST", "/auth/refresh"): _ANYBODY,
    ("POST", "/auth/logout"): _ANYBODY,
    ("GET", "/auth/me"): Access(_ALL),
    ("POST", "/auth/password"): Access(_PEOPLE),
    ("GET", "/auth/accounts"): _ADMINS,
    ("PATCH", "/auth/accounts/{account_id}"): _LIVE_ADMINS,
    ("GET", "/auth/invites"): _ADMINS,
    ("POST", "/auth/invites"): _LIVE_ADMINS,
    ("DELETE", "/auth/invites/{invite_id}"): _LIVE_ADMINS,
    ("GET", "/auth/tokens"): _ADMINS,
    ("POST", "/auth/tokens"): _LIVE_ADMINS,
    ("DELETE", "/auth/tokens/{token_id}"): _LIVE_ADMINS,
    ("GET", "/.well-known/jwks.json"): _FREE,
    ("GET", "/health"): _FREE,
    ("GET", "/openapi.json"): _FREE,
    ("GET", "/docs"): _FREE,
    ("GET", "/docs/{file}"): _FREE,
}
