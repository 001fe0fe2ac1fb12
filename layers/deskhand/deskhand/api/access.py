"""Access rules: the one table that the router enforces and the API reference shows.

A route that is missing from the table does not exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from deskhand.settings.environment import Role

Scope = Literal["tickets:read", "tickets:write", "metrics:read"]
Paced = Literal["door", "valid", "free"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True)
class Access:
    """The access rule of a route: the allowed roles, or everyone when it is `public`.

    A service token must carry the `scope`. `paced` says when a request counts against the rate
    limit of the caller (of the address on public routes): on arrival ("door"), after the handler
    has validated it ("valid") or never ("free"). `live`: an administrator's request that changes
    who has access, or deletes a ticket or an import. A token may be some minutes old, so its
    account is read again and locked until the answer.
    """

    roles: tuple[Role, ...] = ()
    scope: Scope | None = None
    public: bool = False
    paced: Paced = "door"
    live: bool = False


_ALL: tuple[Role, ...] = get_args(Role)
_PEOPLE: tuple[Role, ...] = ("admin", "agent", "customer")

_READERS = Access(_ALL, "tickets:read")
# For a request that creates or acts, validation errors come before the rate limit.
_WRITERS = Access(_ALL, "tickets:write", paced="valid")
_STAFF = Access(("agent", "admin"))
_ACTING_STAFF = Access(("agent", "admin"), paced="valid")
# The catalog and articles are for those who solve tickets; customers find articles for everyone.
_SOLVERS = Access(("agent", "admin", "service"), "tickets:read")
_OPERATORS = Access(("agent", "admin", "service"), "metrics:read")
_ADMINS = Access(("admin",))
_LIVE_ADMINS = Access(("admin",), live=True)
_ACTING_ADMINS = Access(("admin",), paced="valid")
_ANYBODY = Access(public=True)
_FREE = Access(public=True, paced="free")

ROUTES: Mapping[tuple[str, str], Access] = {
    ("POST", "/tickets"): _WRITERS,
    ("POST", "/incidents"): _WRITERS,
    ("GET", "/tickets"): _READERS,
    ("GET", "/tickets/facets"): _READERS,
    ("POST", "/tickets/bulk"): _ACTING_STAFF,
    ("DELETE", "/tickets/bulk/{bulk_id}"): _STAFF,
    ("GET", "/tickets/{ticket_id}"): _READERS,
    ("PATCH", "/tickets/{ticket_id}"): _STAFF,
    ("DELETE", "/tickets/{ticket_id}"): _LIVE_ADMINS,
    ("GET", "/tickets/{ticket_id}/events"): _READERS,
    ("GET", "/tickets/{ticket_id}/sla"): _READERS,
    ("POST", "/tickets/{ticket_id}/reprocess"): _ACTING_STAFF,
    ("PUT", "/tickets/{ticket_id}/duplicate"): _STAFF,
    ("DELETE", "/tickets/{ticket_id}/duplicate"): _STAFF,
    ("POST", "/tickets/{ticket_id}/corrections"): _ACTING_STAFF,
    ("GET", "/tickets/{ticket_id}/messages"): _READERS,
    ("POST", "/tickets/{ticket_id}/messages"): _WRITERS,
    ("DELETE", "/tickets/{ticket_id}/draft"): _STAFF,
    ("POST", "/tickets/import"): _ADMINS,
    ("GET", "/tickets/imports/{import_id}"): _ADMINS,
    ("DELETE", "/tickets/imports/{import_id}"): _LIVE_ADMINS,
    ("POST", "/attribution/audits"): _ACTING_ADMINS,
    ("GET", "/attribution/audits"): _STAFF,
    ("GET", "/attribution/audits/{audit_id}"): _STAFF,
    ("GET", "/attribution/audits/{audit_id}/file"): _STAFF,
    ("DELETE", "/attribution/audits/{audit_id}"): _LIVE_ADMINS,
    ("POST", "/tickets/similar"): _SOLVERS,
    ("GET", "/catalog"): _SOLVERS,
    ("POST", "/catalog/lint"): _STAFF,
    ("POST", "/triage/preview"): Access(("admin", "agent", "service"), "tickets:read"),
    ("GET", "/analytics/quality"): _STAFF,
    ("GET", "/analytics/summary"): _STAFF,
    ("GET", "/analytics/priorities"): _STAFF,
    ("GET", "/analytics/trends"): _STAFF,
    ("GET", "/analytics/performance"): _STAFF,
    ("GET", "/runs/{run_id}"): _READERS,
    ("POST", "/exports"): _STAFF,
    ("GET", "/exports/{export_id}"): _STAFF,
    ("GET", "/exports/{export_id}/file"): _STAFF,
    ("GET", "/reports"): _STAFF,
    ("GET", "/reports/{report_id}/file"): _STAFF,
    ("POST", "/reports/{report_id}/send"): _LIVE_ADMINS,
    ("GET", "/kb/articles"): _SOLVERS,
    ("GET", "/kb/articles/{slug}"): _READERS,
    ("PUT", "/kb/articles/{slug}"): _STAFF,
    ("DELETE", "/kb/articles/{slug}"): _STAFF,
    ("POST", "/kb/preview"): _STAFF,
    ("GET", "/kb/search"): _READERS,
    ("POST", "/kb/search"): _READERS,
    ("POST", "/attribution/runs"): _ACTING_ADMINS,
    ("GET", "/attribution/runs"): _STAFF,
    ("GET", "/attribution/runs/{run_id}"): _STAFF,
    ("GET", "/admin/failures"): _ADMINS,
    ("POST", "/admin/failures/replay"): _ACTING_ADMINS,
    ("POST", "/admin/fallbacks/reprocess"): _ACTING_ADMINS,
    ("POST", "/auth/register"): _ANYBODY,
    ("POST", "/auth/login"): _ANYBODY,
    ("POST", "/auth/refresh"): _ANYBODY,
    ("POST", "/auth/logout"): _ANYBODY,
    ("GET", "/auth/me"): Access(_ALL),
    ("GET", "/auth/me/preferences"): Access(_PEOPLE),
    ("PUT", "/auth/me/preferences"): Access(_PEOPLE),
    ("POST", "/auth/password"): Access(_PEOPLE),
    ("GET", "/people"): _STAFF,
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
    ("GET", "/actuator/health"): _FREE,
    ("GET", "/actuator/info"): _FREE,
    ("GET", "/metrics"): _OPERATORS,
    ("GET", "/actuator/prometheus"): _OPERATORS,
    ("GET", "/openapi.json"): _FREE,
    ("GET", "/docs"): _FREE,
    ("GET", "/docs/{file}"): _FREE,
    ("GET", "/console"): _FREE,
    ("GET", "/console/{asset}"): _FREE,
}
