"""Renders answers as JSON."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID


def render(value: dict[str, Any]) -> str:
    """JSON with times in ISO 8601 UTC."""
    return json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"cannot render {type(value).__name__}")
