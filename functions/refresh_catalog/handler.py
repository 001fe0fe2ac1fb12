"""Every 5 minutes: the catalog at CATALOG_SOURCE, taken over when it has changed."""

from typing import Any

from deskhand.operations.refresh_catalog import refresh


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What became of it; raises CatalogStale once the last good copy is too old."""
    return refresh()
