"""Login, refresh, logout, and change of the password."""

from http import HTTPStatus
from uuid import UUID

from aws_lambda_powertools.event_handler import Response

from deskhand.accounts import passwords
from deskhand.accounts.api import cookie
from deskhand.accounts.api.people import check_new
from deskhand.accounts.requests import Keep, Login, PasswordChange, RefreshToken
from deskhand.accounts.signing import access_token
from deskhand.api import bearer, body, opaque_tokens
from deskhand.api.problem import Problem, problem_of
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.api.tally import TALLY
from deskhand.logs import log
from deskhand.settings.environment import settings
from deskhand.store import accounts, sessions, throttle
from deskhand.store.accounts import Account
from deskhand.store.audit_rows import add_audit_row
from deskhand.store.connection import Connection, connection
from deskhand.store.metric_names import LOGIN_REFUSED
from deskhand.store.sessions import Exchange
from deskhand.uuid7 import uuid7

# Wrong passwords are counted per account and address, so the owner is not locked out elsewhere.
TRIES, TRY_SECONDS = 10, 600
_EXCHANGES_BEHIND = 10


def login(api: Api) -> Response[str]:
    """200 with both tokens. Unknown address, wrong password and disabled account look alike."""
    sent = body.validate(Login, body.parse_body(body.raw_body(api.current_event)))
    with connection() as conn:
        _count_try(conn, sent.email, api.address)
        account = accounts.by_email(conn, sent.email)
        if not passwords.is_correct(account.password_hash if account else None, sent.password):
            raise _refused("password")
        if account is None or account.disabled:
            raise _refused("disabled")
        return _logged_in(api, conn, account, sent)


def refresh(api: Api) -> Response[str]:
    """200 with new tokens for a refresh token, which is exchanged for the next one once.

    The browser that used it may show it again at once, as two tabs do, and gets the same next
    token. A reuse by another client ends the whole session: one of the two has stolen the token.
    """
    sent = body.validate(RefreshToken, body.parse_body(body.raw_body(api.current_event)))
    shown, salt = cookie.shown_token(api, sent), opaque_tokens.salt()
    old, new = opaque_tokens.hash_of(shown), opaque_tokens.successor(shown, salt)
    with connection() as conn:
        with conn.transaction():
            exchange = Exchange(old, new.hash, salt, _shown_by(api, shown))
            if session := sessions.rotate(conn, exchange):
                # Inside the transaction: if signing fails, the old token must stay valid.
                access = access_token(session.account_id, session.role)
                return _tokens(api, sent.keep, access, new.text, session.seconds)
        if (newest := _newest(api, conn, shown)) and (
            session := sessions.unused_session(conn, opaque_tokens.hash_of(newest))
        ):
            access = access_token(session.account_id, session.role)
            return _tokens(api, sent.keep, access, newest, session.seconds)
        with conn.transaction():
            if account_id := sessions.end_if_reused(conn, old):
                log.warning("refresh token reused", extra={"account_id": str(account_id)})
                _note(conn, api, "session.reused", account_id)
    raise bearer.unauthorized_problem("the refresh token is not valid (any more); log in again")


def _newest(api: Api, conn: Connection, shown: str) -> str | None:
    """The token that followed `shown`, or followed that one; None: not for this browser any more.

    A slow tab may be some exchanges behind the others.
    """
    newest = None
    for _ in range(_EXCHANGES_BEHIND):
        salt = sessions.salt_of(conn, opaque_tokens.hash_of(shown), _shown_by(api, shown))
        if salt is None:
            break
        newest = shown = opaque_tokens.successor(shown, salt).text
    return newest


def _shown_by(api: Api, shown: str) -> bytes:
    agents = api.header_values("User-Agent")
    return opaque_tokens.origin_of(shown, api.address, *agents)


def logout(api: Api) -> Response[str]:
    """204: the refresh token's session has ended; an invalid token changes nothing."""
    sent = body.validate(RefreshToken, body.parse_body(body.raw_body(api.current_event)))
    with connection() as conn:
        sessions.end(conn, opaque_tokens.hash_of(cookie.shown_token(api, sent)))
    reply = api.nothing()
    if sent.refresh_token is None:
        reply.headers["Set-Cookie"] = cookie.removal()
    return reply


def change_password(api: Api) -> Response[str]:
    """204: the new password is valid, and all sessions of the account have ended."""
    sent = body.validate(PasswordChange, body.parse_body(body.raw_body(api.current_event)))
    account_id = api.caller.account_id
    with connection() as conn:
        account = accounts.by_id(conn, account_id) if account_id else None
        if account is None or account.disabled:
            raise Problem(HTTPStatus.FORBIDDEN, "this principal has no password")
        check_new(sent.new_password, account.email, "/new_password")
        _count_try(conn, account.email, api.address)
        if not passwords.is_correct(account.password_hash, sent.current_password):
            raise problem_of(HTTPStatus.UNPROCESSABLE_ENTITY, "/current_password", "is wrong")
        password_hash = passwords.hash_password(sent.new_password)
        with conn.transaction():
            accounts.set_password(conn, account.id, password_hash)
            sessions.end_all(conn, account.id, "password")
            throttle.forget_tries(conn, opaque_tokens.hash_of(account.email), api.address)
            _note(conn, api, "password.changed", account.id)
    return api.nothing()


def _count_try(conn: Connection, email: str, address: str) -> None:
    """Counts before checking, so that parallel attempts cannot exceed the limit."""
    wait = throttle.count_try(conn, opaque_tokens.hash_of(email), address, TRIES, TRY_SECONDS)
    if wait:
        TALLY.count(LOGIN_REFUSED, reason="tries")
        detail = "too many passwords were tried from this address; try again later"
        headers = {"Retry-After": str(round(wait))}
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers=headers)


def _refused(reason: str) -> Problem:
    """One answer for every reason; only the metric knows which it was."""
    TALLY.count(LOGIN_REFUSED, reason=reason)
    return bearer.unauthorized_problem("e-mail address or password is wrong")


def _logged_in(api: Api, conn: Connection, account: Account, sent: Login) -> Response[str]:
    access = access_token(account.id, account.role)
    first, days = opaque_tokens.new(opaque_tokens.REFRESH), settings().session_days
    with conn.transaction():
        if passwords.is_outdated(account.password_hash):
            accounts.set_password(conn, account.id, passwords.hash_password(sent.password))
        sessions.begin(conn, uuid7(), account.id, first.hash, days)
        throttle.forget_tries(conn, opaque_tokens.hash_of(account.email), api.address)
    return _tokens(api, sent.keep, access, first.text, days * 24 * 3_600)


def _tokens(api: Api, keep: Keep, access: str, refresh_token: str, seconds: int) -> Response[str]:
    kept = keep == "cookie"
    document = {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": bearer.MAX_SECONDS,
        "refresh_token": None if kept else refresh_token,
        "refresh_expires_in": seconds,
    }
    headers = {"Cache-Control": "no-store"}
    if kept:
        headers["Set-Cookie"] = cookie.setting_of(refresh_token, seconds)
    return api.answer(HTTPStatus.OK, render(document), headers)


def _note(conn: Connection, api: Api, action: str, account_id: UUID) -> None:
    add_audit_row(conn, action, f"user:{account_id}", api.request_id, {"id": str(account_id)})
