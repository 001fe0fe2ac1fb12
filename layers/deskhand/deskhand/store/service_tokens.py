"""Service tokens of machines, stored as hashes."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from deskhand.store.connection import Connection


@dataclass(frozen=True)
class Machine:
    """The machine that a service token belongs to, and its rights."""

    id: UUID
    scopes: list[str]


def find(conn: Connection, hashed: bytes) -> Machine | None:
    """The token's machine; None when the token is unknown, revoked or expired."""
    row = conn.execute(
        """
        SELECT id, scopes FROM service_tokens
        WHERE hash = %(hash)s AND revoked_at IS NULL
          AND (expires_at IS NULL OR expires_at > now())
        """,
        {"hash": hashed},
    ).fetchone()
    return Machine(**row) if row else None


def create(
    conn: Connection, token: Machine, name: str, hashed: bytes, days: int | None, by: str
) -> dict[str, Any]:
    """Stores a token and returns its public fields."""
    row = conn.execute(
        """
        INSERT INTO service_tokens (id, name, hash, scopes, created_by, expires_at)
        VALUES (%(id)s, %(name)s, %(hash)s, %(scopes)s, %(by)s,
                now() + make_interval(days => %(days)s))
        RETURNING id, name, scopes, created_by, created_at, expires_at, revoked_at
        """,
        {**vars(token), "name": name, "hash": hashed, "days": days, "by": by},
    ).fetchone()
    return row or {}


def every(conn: Connection) -> list[dict[str, Any]]:
    """All service tokens, newest first, including revoked ones."""
    return conn.execute(
        """
        SELECT id, name, scopes, created_by, created_at, expires_at, revoked_at
        FROM service_tokens ORDER BY id DESC LIMIT 1000
        """
    ).fetchall()


def revoke(conn: Connection, token_id: UUID) -> bool:
    """Revokes a token; False when it is unknown or already revoked."""
    return (
        conn.execute(
            "UPDATE service_tokens SET revoked_at = now() WHERE id = %(id)s AND revoked_at IS NULL",
            {"id": token_id},
        ).rowcount
        == 1
    )
