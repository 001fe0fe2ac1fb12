"""Puts a service catalog in force; invoked by the operator, not reachable over HTTP."""

from typing import Any

from deskhand.operations.load_catalog import load


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Version, size and findings of the catalog in `{"document": ...}` or, as YAML, `{"text":
    ...}`.

    With `"dry_run": true` it only reports what would change. An invalid catalog changes nothing.
    """
    return load(event)
