"""Accounts of people, and the invitations to open one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from deskhand.store.connection import Connection


@dataclass(frozen=True)
class Account:
    """A person's account; `password_hash` is a PHC string."""

    id: UUID
    email: str
    role: str
    password_hash: str
    disabled: bool


@dataclass(frozen=True)
class Invite:
    """An invitation to open an account; `hash` is the hash of its token, `days` its lifetime."""

    id: UUID
    email: str
    role: str
    hash: bytes
    by_operator: bool
    days: int


def by_email(conn: Connection, email: str) -> Account | None:
    """The account with this normalised address, or None."""
    row = conn.execute(
        "SELECT id, email, role, password_hash, disabled FROM accounts WHERE email = %(email)s",
        {"email": email},
    ).fetchone()
    return Account(**row) if row else None


def by_id(conn: Connection, account_id: UUID) -> Account | None:
    """The account, or None."""
    row = conn.execute(
        "SELECT id, email, role, password_hash, disabled FROM accounts WHERE id = %(id)s",
        {"id": account_id},
    ).fetchone()
    return Account(**row) if row else None


def lock_accounts(conn: Connection, account_ids: Sequence[UUID]) -> dict[UUID, Account]:
    """The accounts that exist, by id, locked until the transaction ends.

    They are locked in the order of their ids, so two administrators who change each other cannot
    deadlock.
    """
    rows = conn.execute(
        """
        SELECT id, email, role, password_hash, disabled FROM accounts
        WHERE id = ANY (%(ids)s) ORDER BY id FOR NO KEY UPDATE
        """,
        {"ids": list(account_ids)},
    ).fetchall()
    return {row["id"]: Account(**row) for row in rows}


def create(conn: Connection, account: Account) -> dict[str, Any] | None:
    """Stores a new account and returns its public fields; None when the address has an account."""
    return conn.execute(
        """
        INSERT INTO accounts (id, email, role, password_hash)
        VALUES (%(id)s, %(email)s, %(role)s, %(password_hash)s)
        ON CONFLICT (email) DO NOTHING
        RETURNING id, email, role, disabled, created_at
        """,
        vars(account),
    ).fetchone()


def view(conn: Connection, account_id: UUID) -> dict[str, Any] | None:
    """The public fields of an account, or None."""
    return conn.execute(
        "SELECT id, email, role, disabled, created_at FROM accounts WHERE id = %(id)s",
        {"id": account_id},
    ).fetchone()


def page(conn: Connection, before: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` accounts with ids before `before` (None: any), newest first."""
    return conn.execute(
        """
        SELECT id, email, role, disabled, created_at FROM accounts
        WHERE %(before)s::uuid IS NULL OR id < %(before)s
        ORDER BY id DESC LIMIT %(limit)s
        """,
        {"before": before, "limit": limit},
    ).fetchall()


def staff(conn: Connection) -> list[dict[str, Any]]:
    """The agents and administrators who are not disabled, by their addresses."""
    return conn.execute(
        """
        SELECT id, email, role FROM accounts
        WHERE role IN ('agent', 'admin') AND NOT disabled ORDER BY email LIMIT 1000
        """
    ).fetchall()


def set_password(conn: Connection, account_id: UUID, password_hash: str) -> None:
    """Stores a new password hash."""
    conn.execute(
        """
        UPDATE accounts SET password_hash = %(hash)s, updated_at = now() WHERE id = %(id)s
        """,
        {"id": account_id, "hash": password_hash},
    )


def change(
    conn: Connection, account_id: UUID, role: str | None, disabled: bool | None
) -> dict[str, Any] | None:
    """Changes role and disabled flag, each unless it is None. Returns the public fields of the
    account, or None for an unknown one.
    """
    return conn.execute(
        """
        UPDATE accounts SET role = coalesce(%(role)s, role),
            disabled = coalesce(%(disabled)s, disabled), updated_at = now()
        WHERE id = %(id)s
        RETURNING id, email, role, disabled, created_at
        """,
        {"id": account_id, "role": role, "disabled": disabled},
    ).fetchone()


def invite(conn: Connection, made: Invite) -> datetime:
    """Stores an invitation and returns its expiry; it replaces an earlier one of the address."""
    row = conn.execute(
        """
        INSERT INTO invites (id, email, role, hash, by_operator, expires_at)
        VALUES (%(id)s, %(email)s, %(role)s, %(hash)s, %(by_operator)s,
                now() + make_interval(days => %(days)s))
        ON CONFLICT (email) DO UPDATE SET
            id = excluded.id, role = excluded.role, hash = excluded.hash,
            by_operator = excluded.by_operator, created_at = now(),
            expires_at = excluded.expires_at
        RETURNING expires_at
        """,
        vars(made),
    ).fetchone()
    expires_at: datetime = (row or {})["expires_at"]
    return expires_at


def accept_invite(conn: Connection, email: str, hashed: bytes, *, by_operator: bool) -> str | None:
    """Uses up a valid invitation and returns its role; None when it is unknown, used or expired.

    With `by_operator` only invitations by an operator count, not those made over HTTP.
    """
    row = conn.execute(
        """
        DELETE FROM invites
        WHERE hash = %(hash)s AND email = %(email)s AND expires_at > now()
          AND (by_operator OR NOT %(by_operator)s)
        RETURNING role
        """,
        {"hash": hashed, "email": email, "by_operator": by_operator},
    ).fetchone()
    return str(row["role"]) if row else None


def open_invites(conn: Connection) -> list[dict[str, Any]]:
    """The invitations that can still be accepted, newest first, at most 1,000."""
    return conn.execute(
        """
        SELECT id, email, role, created_at, expires_at FROM invites
        WHERE expires_at > now() ORDER BY id DESC LIMIT 1000
        """
    ).fetchall()


def withdraw_invite(conn: Connection, invite_id: UUID) -> bool:
    """Deletes an invitation; False when it does not exist."""
    return conn.execute("DELETE FROM invites WHERE id = %(id)s", {"id": invite_id}).rowcount == 1


def preferences(conn: Connection, account_id: UUID) -> dict[str, Any] | None:
    """What the person prefers; None when there is no such account."""
    row = conn.execute(
        "SELECT preferences FROM accounts WHERE id = %(id)s", {"id": account_id}
    ).fetchone()
    return row["preferences"] if row else None


def set_preferences(conn: Connection, account_id: UUID, wanted: dict[str, Any]) -> bool:
    """Stores what the person prefers; False when there is no such account, or it is disabled."""
    stored = conn.execute(
        "UPDATE accounts SET preferences = %(wanted)s WHERE id = %(id)s AND NOT disabled",
        {"id": account_id, "wanted": Jsonb(wanted)},
    )
    return stored.rowcount == 1
