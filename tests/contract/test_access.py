"""Which routes need a live account is decided for every route, also for those to come."""

from deskhand.api.access import ROUTES
from tests.contract.routes import handled

# What administrators start, and what grants nothing and destroys nothing: why a token is enough.
HARMLESS = {
    ("POST", "/tickets/import"): "an import is taken back by DELETE",
    ("POST", "/attribution/runs"): "one run at a time, whose answers are read by people",
    ("POST", "/attribution/audits"): "an audit changes nothing but its own row",
    ("POST", "/admin/failures/replay"): "steps that are done are not done again",
    ("POST", "/admin/fallbacks/reprocess"): "the answers of before stay in the trail",
}
# About the caller's own account, which these look up themselves; neither grants anything.
OWN = {("POST", "/auth/password"), ("PUT", "/auth/me/preferences")}


def test_whatever_only_administrators_change_needs_a_live_account() -> None:
    """F-K1: or a locked one goes on granting for the minutes that their last token lives."""
    for route, access in ROUTES.items():
        changes = route[0] != "GET" and access.roles == ("admin",)
        assert access.live == (changes and route not in HARMLESS), route
    assert HARMLESS.keys() <= ROUTES.keys()


def test_whatever_changes_accounts_invitations_and_tokens_needs_a_live_account() -> None:
    """F-K1: whichever roles may."""
    granting = [route for route, (word, _) in handled().items() if word == "auth"]
    for route in granting:
        access = ROUTES[route]
        if route[0] != "GET" and not access.public and route not in OWN:
            assert access.live, route
