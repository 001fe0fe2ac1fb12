"""Appoints the first administrator of the running stack."""

from urllib.parse import urlencode

from embedded.console import say
from embedded.errors import EmbeddedError
from embedded.functions import DeployedStack


def appoint(stack: DeployedStack, email: str) -> None:
    """Make an account an administrator, or print how the invited person registers."""
    if not email:
        raise EmbeddedError("EMAIL is missing: give EMAIL=you@example.com")
    made = stack.invoke("AppointAdminFunction", {"email": email})
    if "account_id" in made:
        say("admin", f"{made['email']} has an account, and is an administrator now")
        return
    invited = urlencode({"email": made["email"], "invite": made["invite"]})
    say("admin", f"{made['email']} is invited until {made['expires_at']}; open an account here:")
    print(f"{stack.base_url()}/console#/register?{invited}")
