"""Every 5 minutes: fetches the catalog at CATALOG_SOURCE and activates it when it has changed."""

from typing import Any

from deskhand.operations.refresh_catalog import refresh


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The outcome; raises CatalogStale when the last good copy is too old."""
    return refresh()
