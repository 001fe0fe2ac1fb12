"""Accounts, logins and tokens; only this function can sign an access token."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.accounts import signing
from deskhand.accounts.api import logins, machines, people, preferences
from deskhand.api.router import Api
from deskhand.settings.secrets_manager import secrets_manager

app = Api()
# Built at init, where Lambda gives more CPU than during a request.
secrets_manager()


@app.post("/auth/register")
def post_register() -> Response[str]:
    """Opens an account, if the installation's rules allow it."""
    return people.register(app)


@app.post("/auth/login")
def post_login() -> Response[str]:
    """Issues an access and a refresh token for a password."""
    return logins.login(app)


@app.post("/auth/refresh")
def post_refresh() -> Response[str]:
    """Exchanges a refresh token for new tokens, once."""
    return logins.refresh(app)


@app.post("/auth/logout")
def post_logout() -> Response[str]:
    """Ends a session."""
    return logins.logout(app)


@app.get("/auth/me")
def get_me() -> Response[str]:
    """The account of the caller."""
    return people.me(app)


@app.get("/auth/me/preferences")
def get_preferences() -> Response[str]:
    """How the caller likes the console."""
    return preferences.show(app)


@app.put("/auth/me/preferences")
def put_preferences() -> Response[str]:
    """Replaces them."""
    return preferences.put(app)


@app.post("/auth/password")
def post_password() -> Response[str]:
    """Changes the caller's own password."""
    return logins.change_password(app)


@app.get("/people")
def list_people() -> Response[str]:
    """Everyone whom a ticket can be assigned to."""
    return people.staff(app)


@app.get("/auth/accounts")
def list_accounts() -> Response[str]:
    """A page of accounts, newest first."""
    return people.show(app)


@app.patch("/auth/accounts/<account_id>")
def patch_account(account_id: str) -> Response[str]:
    """Changes the role of an account, or disables it."""
    return people.change(app, account_id)


@app.get("/auth/invites")
def list_invites() -> Response[str]:
    """The open invitations."""
    return people.invites(app)


@app.post("/auth/invites")
def post_invite() -> Response[str]:
    """Invites a person to open an account."""
    return people.invite(app)


@app.delete("/auth/invites/<invite_id>")
def delete_invite(invite_id: str) -> Response[str]:
    """Withdraws an invitation."""
    return people.withdraw(app, invite_id)


@app.get("/auth/tokens")
def list_tokens() -> Response[str]:
    """All service tokens, revoked ones included."""
    return machines.show(app)


@app.post("/auth/tokens")
def post_token() -> Response[str]:
    """Makes a service token for a machine."""
    return machines.create(app)


@app.delete("/auth/tokens/<token_id>")
def delete_token(token_id: str) -> Response[str]:
    """Revokes a service token."""
    return machines.revoke(app, token_id)


@app.get("/.well-known/jwks.json")
def get_keys() -> Response[str]:
    """The public keys that access tokens can be verified with (RFC 7517)."""
    headers = {"Cache-Control": "public, max-age=300"}
    return app.answer(HTTPStatus.OK, signing.public_keys(), headers)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
