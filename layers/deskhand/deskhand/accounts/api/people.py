"""HTTP routes of people's accounts: registration, invitations, changes, the caller's identity."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, ConfigDict, Field

from deskhand.accounts import passwords
from deskhand.accounts.invitations import create_invitation
from deskhand.accounts.requests import AccountChange, Invitation, Registration
from deskhand.api import body, opaque_tokens
from deskhand.api.problem import Problem, problem_of
from deskhand.api.query import Limit, query_as, uuid_of
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.logs import log
from deskhand.refusals import existing
from deskhand.settings.environment import settings
from deskhand.store import accounts, sessions
from deskhand.store.accounts import Account
from deskhand.store.audit_rows import add_audit_row
from deskhand.store.connection import Connection, connection
from deskhand.uuid7 import uuid7


class AccountsQuery(BaseModel):
    """The query parameters of `GET /auth/accounts`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Limit = 20
    cursor: UUID | None = Field(None, description="`next_cursor` of the page before")


def register(api: Api) -> Response[str]:
    """201 with the new account. An invitation determines the role and is used up."""
    sent = body.validate(Registration, body.parse_body(body.raw_body(api.current_event)))
    policy = settings().registration
    if sent.invite is None and policy != "open":
        raise Problem(HTTPStatus.FORBIDDEN, "an account needs an invitation")
    check_new(sent.password, sent.email, "/password")
    password_hash = passwords.hash_password(sent.password)
    account_id = uuid7()
    with connection() as conn, conn.transaction():
        role = "customer" if sent.invite is None else _accepted(conn, sent, policy)
        made = accounts.create(
            conn, Account(account_id, sent.email, role, password_hash, disabled=False)
        )
        if made is None:
            raise problem_of(HTTPStatus.CONFLICT, "/email", "has an account already")
        _note(conn, api, "account.registered", f"user:{account_id}", account_id, role=role)
    log.info("account registered", extra={"account_id": str(account_id), "role": role})
    return api.answer(HTTPStatus.CREATED, render(made))


def check_new(password: str, email: str, pointer: str) -> None:
    """Raises a 422 Problem for a password that an account must not have."""
    if fault := passwords.fault_of(password, email):
        raise problem_of(HTTPStatus.UNPROCESSABLE_ENTITY, pointer, fault)


def me(api: Api) -> Response[str]:
    """200 with the caller's identity, as far as it is known."""
    caller = api.caller
    account_id, row = caller.account_id, None
    if account_id is not None:
        with connection() as conn:
            row = accounts.view(conn, account_id)
    scopes = None if caller.scopes is None else sorted(caller.scopes)
    who: dict[str, Any] = {"id": caller.id, "role": caller.role, "scopes": scopes}
    names = ("email", "created_at")
    return api.answer(HTTPStatus.OK, render(who | {name: row and row[name] for name in names}))


def show(api: Api) -> Response[str]:
    """200 with a page of accounts, newest first."""
    asked = query_as(AccountsQuery, api.current_event)
    with connection() as conn:
        rows = accounts.page(conn, asked.cursor, asked.limit + 1)
    cursor = rows[asked.limit - 1]["id"] if len(rows) > asked.limit else None
    page = {"accounts": rows[: asked.limit], "next_cursor": cursor}
    return api.answer(HTTPStatus.OK, render(page))


def staff(api: Api) -> Response[str]:
    """200 with the agents and administrators who may log in, by their addresses."""
    with connection() as conn:
        rows = accounts.staff(conn)
    people = [{**row, "id": f"user:{row['id']}"} for row in rows]
    return api.answer(HTTPStatus.OK, render({"people": people}))


def change(api: Api, account_id: str) -> Response[str]:
    """200 with the account as it is now; whoever is disabled is logged out everywhere.

    Issued access tokens stay valid until they expire, except on routes that require a live account.
    """
    wanted = uuid_of(account_id, "account_id")
    sent = body.validate(AccountChange, body.parse_body(body.raw_body(api.current_event)))
    given = sent.model_dump(exclude_unset=True)
    if not given:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "send role or disabled")
    if wanted == api.caller.account_id:
        # At least one administrator must remain.
        raise Problem(HTTPStatus.CONFLICT, "another administrator must change your account")
    with connection() as conn, conn.transaction():
        row = accounts.change(conn, wanted, given.get("role"), given.get("disabled"))
        existing(row, "account")
        if given.get("disabled"):
            sessions.end_all(conn, wanted, "disabled")
        _note(conn, api, "account.changed", api.caller.id, wanted, **given)
    return api.answer(HTTPStatus.OK, render(existing(row, "account")))


def invite(api: Api) -> Response[str]:
    """201 with an invitation, whose token is shown this once."""
    if settings().registration == "closed":
        raise Problem(HTTPStatus.FORBIDDEN, "registration is closed")
    sent = body.validate(Invitation, body.parse_body(body.raw_body(api.current_event)))
    with connection() as conn, conn.transaction():
        if accounts.by_email(conn, sent.email):
            raise problem_of(HTTPStatus.CONFLICT, "/email", "has an account already")
        made = create_invitation(conn, sent, by_operator=False)
        _note(conn, api, "invite.created", api.caller.id, UUID(made["id"]), role=sent.role)
    return api.answer(HTTPStatus.CREATED, render(made))


def invites(api: Api) -> Response[str]:
    """200 with the invitations that can still be accepted."""
    with connection() as conn:
        rows = accounts.open_invites(conn)
    return api.answer(HTTPStatus.OK, render({"invites": rows}))


def withdraw(api: Api, invite_id: str) -> Response[str]:
    """204: the invitation cannot be accepted any more."""
    wanted = uuid_of(invite_id, "invite_id")
    with connection() as conn, conn.transaction():
        existing(accounts.withdraw_invite(conn, wanted), "invitation")
        _note(conn, api, "invite.withdrawn", api.caller.id, wanted)
    return api.nothing()


def _accepted(conn: Connection, sent: Registration, policy: str) -> str:
    hashed = opaque_tokens.hash_of(sent.invite or "")
    role = accounts.accept_invite(conn, sent.email, hashed, by_operator=policy == "closed")
    if role is None:
        raise Problem(HTTPStatus.FORBIDDEN, "the invitation is not good for this address")
    return role


def _note(conn: Connection, api: Api, action: str, actor: str, about: UUID, **data: object) -> None:
    add_audit_row(conn, action, actor, api.request_id, {"id": str(about), **data})
