"""The operations on accounts, logins and service tokens."""

from deskhand.accounts.api.people import AccountsQuery
from deskhand.accounts.api.preferences import Preferences
from deskhand.accounts.requests import (
    AccountChange,
    Invitation,
    Login,
    NewServiceToken,
    PasswordChange,
    RefreshToken,
    Registration,
)
from deskhand.reference import account_answers as answers
from deskhand.reference.operation import Link, Operation, Reply

_UNSIGNED = {503: "The database does not answer, or no key to sign tokens is deployed yet."}
_CROSS_SITE = {403: "The cookie came without the header, or from a page of another origin."}
_TRIED = {429: "Too many requests, or too many wrong passwords from this address."}

ACCOUNTS = (
    Operation(
        "POST", "/auth/register", "post_register",
        "Open an account",
        {201: Reply("It is open; log in.", answers.AccountShown)},
        detail="REGISTRATION decides who may: everyone, invited people, or no one.",
        problems={
            403: "An invitation is missing, or it is not good for this address.",
            409: "The address has an account already.",
        },
        body=Registration,
        example={
            "email": "sam@example.com", "password": "correct horse battery staple",
            "invite": "dhi_...",
        },
    ),
    Operation(
        "POST", "/auth/login", "post_login",
        "Log in",
        {200: Reply("Both tokens.", answers.Tokens, ("Cache-Control", "Set-Cookie"))},
        detail="With `keep: cookie` the refresh token is not in the answer but in a cookie that no"
        " script can read: for pages in a browser.",
        problems={401: "E-mail address or password is wrong."} | _TRIED | _UNSIGNED,
        body=Login,
        example={"email": "sam@example.com", "password": "correct horse battery staple"},
    ),
    Operation(
        "POST", "/auth/refresh", "post_refresh",
        "Get the next tokens",
        {200: Reply("Both tokens; the old refresh token is used up.", answers.Tokens,
                    ("Cache-Control", "Set-Cookie"))},
        detail="A refresh token is exchanged for the next one once. For 30 seconds the same browser"
        " (address and User-Agent) gets that same next one again, so that two tabs may refresh at"
        " once. Shown later, or from elsewhere, it ends the session: log in again. A page in a"
        " browser sends no `refresh_token` but the cookie, with `X-Deskhand-Console: 1`.",
        problems={401: "The refresh token is unknown, used, over or logged out."} | _CROSS_SITE
        | _UNSIGNED,
        headers={"X-Deskhand-Console": False}, body=RefreshToken,
        example={"refresh_token": "dhr_..."},
    ),
    Operation(
        "POST", "/auth/logout", "post_logout",
        "Log out",
        {204: Reply("The session has ended, if it was one.", None, ("Set-Cookie",))},
        detail="Access tokens that are out stay good for their last minutes. Without"
        " `refresh_token` it is the session of the cookie, as for POST /auth/refresh.",
        problems={401: "There is neither a refresh token nor a cookie."} | _CROSS_SITE,
        headers={"X-Deskhand-Console": False}, body=RefreshToken,
        example={"refresh_token": "dhr_..."},
    ),
    Operation(
        "GET", "/auth/me", "get_me",
        "Ask who you are",
        {200: Reply("The caller.", answers.Me)},
    ),
    Operation(
        "GET", "/auth/me/preferences", "get_preferences",
        "Read your preferences",
        {200: Reply("How you like the console.", answers.StoredPreferences)},
    ),
    Operation(
        "PUT", "/auth/me/preferences", "put_preferences",
        "Set your preferences",
        {200: Reply("They are stored.", answers.StoredPreferences)},
        detail="They replace the ones before.",
        problems={
            404: "Only a person with an account has preferences.",
            422: "A field is not valid, two views have one name, or a query is that of no list.",
        },
        body=Preferences,
        example={
            "theme": "dark",
            "single_keys": False,
            "views": [{"name": "Mine", "query": "status=open&assignee=sam&sort=due"}],
        },
    ),
    Operation(
        "POST", "/auth/password", "post_password",
        "Change your password",
        {204: Reply("It is changed, and you are logged out everywhere.")},
        problems=_TRIED, body=PasswordChange,
        example={
            "current_password": "correct horse battery staple",
            "new_password": "wrong donkey paper clip",
        },
    ),
    Operation(
        "GET", "/people", "list_people",
        "List those who work on tickets",
        {200: Reply("Agents and administrators whose accounts are not locked.", answers.Staff)},
        detail="`assignee` of a ticket is free text; the addresses here are the usual values.",
    ),
    Operation(
        "GET", "/auth/accounts", "list_accounts",
        "List accounts, newest first",
        {200: Reply("A page of accounts.", answers.Accounts)},
        query=AccountsQuery,
    ),
    Operation(
        "PATCH", "/auth/accounts/{account_id}", "patch_account",
        "Change a role, or lock an account",
        {200: Reply("The account as it is now.", answers.AccountShown)},
        detail="Takes effect at once where something is granted, revoked or deleted, elsewhere when"
        " the present access token ends, in 15 minutes at most. Nobody changes their own.",
        problems={409: "It is your own account."},
        body=AccountChange,
        example={"role": "agent", "disabled": False},
    ),
    Operation(
        "GET", "/auth/invites", "list_invites",
        "List open invitations",
        {200: Reply("Those that can be accepted.", answers.Invites)},
    ),
    Operation(
        "POST", "/auth/invites", "post_invite",
        "Invite a person to open an account",
        {201: Reply(
            "The invitation; hand its token over.", answers.NewInvite, (),
            (Link("delete_invite", {"invite_id": "$response.body#/id"}),),
        )},
        detail="Replaces an earlier invitation of the same address.",
        problems={
            403: "This needs the role admin, or registration is closed.",
            409: "The address has an account already.",
        },
        body=Invitation,
        example={"email": "sam@example.com", "role": "agent", "days": 7},
    ),
    Operation(
        "DELETE", "/auth/invites/{invite_id}", "delete_invite",
        "Take an invitation back",
        {204: Reply("It cannot be accepted any more.")},
    ),
    Operation(
        "GET", "/auth/tokens", "list_tokens",
        "List service tokens",
        {200: Reply("All of them, newest first.", answers.ServiceTokens)},
    ),
    Operation(
        "POST", "/auth/tokens", "post_token",
        "Make a token for a machine",
        {201: Reply(
            "The machine, with its token.", answers.CreatedServiceToken, (),
            (Link("delete_token", {"token_id": "$response.body#/id"}),),
        )},
        body=NewServiceToken,
        example={"name": "monitoring", "scopes": ["tickets:write"], "days": 365},
    ),
    Operation(
        "DELETE", "/auth/tokens/{token_id}", "delete_token",
        "Revoke a service token",
        {204: Reply("It is refused from now on.")},
    ),
    Operation(
        "GET", "/.well-known/jwks.json", "get_keys",
        "Read the public keys of access tokens",
        {200: Reply("The keys (RFC 7517).", answers.PublicKeys, ("Cache-Control",))},
        stored=False,
    ),
)  # fmt: skip
