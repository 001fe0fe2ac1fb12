"""A link into the console for a local administrator, who needs no password of their own."""

import secrets
from pathlib import Path

import httpx

from embedded.errors import EmbeddedError
from embedded.functions import DeployedStack
from embedded.instance import Instance
from embedded.tokens import write_secret

EMAIL = "local.admin@example.com"
_FILE = "console_password"
_SECONDS = 60.0


def login_link(instance: Instance) -> str:
    """Return the console's address with a token that opens one session, once.

    The token is after the `#`, so that no server and no log sees it.
    """
    stack = DeployedStack(instance.emulator.url)
    base_url = stack.base_url()
    invite = stack.invoke("AppointAdminFunction", {"email": EMAIL}).get("invite")
    with httpx.Client(base_url=base_url, timeout=_SECONDS, trust_env=False) as api:
        login = {"email": EMAIL, "password": _password(instance.state / _FILE)}
        if invite:
            _ask(api, "/auth/register", {**login, "invite": invite})
        tokens = _ask(api, "/auth/login", login)
    return f"{base_url}/console#/enter?token={tokens['refresh_token']}"


def _password(path: Path) -> str:
    """Return the local administrator's password; makes one on first use."""
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(24))
    return path.read_text()


def _ask(api: httpx.Client, path: str, body: dict[str, str]) -> dict[str, str]:
    answer = api.post(path, json=body)
    if answer.is_error:
        raise EmbeddedError(f"POST {path} answered {answer.status_code}: {answer.text}")
    found: dict[str, str] = answer.json()
    return found
