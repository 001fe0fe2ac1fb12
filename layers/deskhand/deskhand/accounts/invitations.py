"""Invitations to open an account."""

from typing import Any

from deskhand.accounts.requests import Invitation
from deskhand.api import opaque_tokens
from deskhand.store import accounts
from deskhand.store.accounts import Invite
from deskhand.store.connection import Connection
from deskhand.uuid7 import uuid7


def create_invitation(conn: Connection, sent: Invitation, *, by_operator: bool) -> dict[str, Any]:
    """A new invitation as whoever made it sees it."""
    token, invite_id = opaque_tokens.new(opaque_tokens.INVITE), uuid7()
    stored = Invite(invite_id, sent.email, sent.role, token.hash, by_operator, sent.days)
    expires_at = accounts.invite(conn, stored)
    return {
        "id": str(invite_id),
        "email": sent.email,
        "role": sent.role,
        "invite": token.text,
        "expires_at": expires_at,
    }
