"""Makes or renews the key pair that signs access tokens; for operators, not reachable over HTTP."""

from typing import Any

from deskhand.accounts import rotation


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`TokenKeys` to deploy; `{"retire": true}` retires the older key instead of adding one."""
    return rotation.retire() if event.get("retire") is True else rotation.rotate()
