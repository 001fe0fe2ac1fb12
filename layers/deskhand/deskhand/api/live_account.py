"""For requests that grant, revoke or delete: the account must still be as the token states."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from deskhand.api.bearer import unauthorized_problem
from deskhand.api.caller import Caller
from deskhand.store import accounts
from deskhand.store.connection import connection


@contextmanager
def lock_account(caller: Caller, changed: str | None = None) -> Iterator[None]:
    """A transaction during which the caller's account cannot be disabled, deleted or demoted.

    Raises a 401 Problem if that happened after the token was issued. `changed` is the account that
    the request changes, if any: both are locked in one statement.

    Callers without an account pass. Their tokens were signed with the installation's own key
    outside of a login (`make token`), or ANONYMOUS_ROLE admits them. Whoever can do either can also
    appoint administrators.
    """
    own = caller.account_id
    if own is None:
        yield
        return
    with connection() as conn, conn.transaction():
        held = accounts.lock_accounts(conn, [own, *_uuids(changed)])
        account = held.get(own)
        if account is None or account.disabled or account.role != caller.role:
            raise unauthorized_problem(
                "the account is locked or deleted, or has another role now; log in again"
            )
        yield


def _uuids(text: str | None) -> list[UUID]:
    """The id in the text; empty for a malformed one, which the handler reports."""
    try:
        return [UUID(text)] if text else []
    except ValueError:
        return []
