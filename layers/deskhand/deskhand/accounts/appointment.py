"""The first administrator, appointed by invoking a function: no password is handed over."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict

from deskhand.accounts.invitations import create_invitation
from deskhand.accounts.requests import Email, Invitation
from deskhand.api.render import render
from deskhand.store import accounts
from deskhand.store.audit_rows import add_audit_row
from deskhand.store.connection import connection

_OPERATOR = "operator"
_DAYS = 7


class Appointment(BaseModel):
    """Who is to become an administrator."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    email: Email


def appoint(event: dict[str, Any]) -> dict[str, Any]:
    """Appoints an administrator; returns the address with the id of the account or with an
    invitation.

    The invitation opens an administrator's account with a password of their own choice: `POST
    /auth/register`, whatever the policy. Raises ValidationError for an invalid address.
    """
    email = Appointment.model_validate(event).email
    with connection() as conn, conn.transaction():
        account = accounts.by_email(conn, email)
        if account:
            accounts.change(conn, account.id, role="admin", disabled=False)
            answer: dict[str, Any] = {"email": email, "role": "admin", "account_id": account.id}
        else:
            invitation = Invitation(email=email, role="admin", days=_DAYS)
            answer = create_invitation(conn, invitation, by_operator=True)
        data = {"id": str(answer.get("account_id") or answer["id"])}
        add_audit_row(conn, "admin.appointed", _OPERATOR, _OPERATOR, data)
    plain: dict[str, Any] = json.loads(render(answer))
    return plain
