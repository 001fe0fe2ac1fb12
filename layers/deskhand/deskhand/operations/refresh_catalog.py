"""Keeps the active catalog equal to CATALOG_SOURCE; an outage keeps the last good one."""

from typing import Any

from deskhand.catalog.lint import lint
from deskhand.catalog.loaded import activate
from deskhand.catalog.model import Catalog
from deskhand.catalog.parse import CatalogInvalid, parse_catalog
from deskhand.catalog.source import FetchedCatalog, SourceAway, fetch
from deskhand.catalog.yaml_text import document_of
from deskhand.logs import log
from deskhand.settings.environment import settings
from deskhand.store import catalog as catalogs
from deskhand.store import catalog_source
from deskhand.store.connection import Connection, connection, patient


class CatalogStale(Exception):
    """CATALOG_SOURCE has not provided a valid catalog for longer than CATALOG_MAX_AGE_HOURS."""


def refresh() -> dict[str, Any]:
    """Refreshes the catalog from CATALOG_SOURCE: refreshed, unchanged, or kept because of an error.

    Raises CatalogStale once the last good copy is too old; it still stays active.
    """
    location = settings().catalog_source
    if not location:
        return {"outcome": "no source"}
    with connection() as conn:
        known = catalog_source.begin(conn, location)
        try:
            found = fetch(location, known["etag"], private=settings().private_urls)
            catalog = None if found.data is None else parse_catalog(document_of(found.data))
        except (SourceAway, CatalogInvalid) as error:
            return _keep(conn, location, error)
        if catalog is None:
            catalog_source.confirm(conn, location, found.etag, known["version"])
            return {"outcome": "unchanged", "version": known["version"]}
        return _take(conn, location, found, catalog, in_force=known["in_force"])


def _take(
    conn: Connection, location: str, found: FetchedCatalog, catalog: Catalog, *, in_force: bool
) -> dict[str, Any]:
    # Imported here: the model behind it is large, and needed only when something has changed.
    from deskhand.catalog.phrases import embed_phrases

    for finding in lint(catalog):
        log.warning("catalog", extra={"pointer": finding.pointer})
    phrases = embed_phrases(catalog, catalogs.model_of_phrases(conn))
    with patient(conn, 60):
        activate(conn, catalog, phrases)
        catalog_source.confirm(conn, location, found.etag, catalog.version)
    return {"outcome": "refreshed", "version": catalog.version}


def _keep(conn: Connection, location: str, error: SourceAway | CatalogInvalid) -> dict[str, Any]:
    hours = catalog_source.fail(conn, location, f"{type(error).__name__}: {error}"[:500])
    log.warning("catalog kept", extra={"error": type(error).__name__, "hours": round(hours, 1)})
    if hours > settings().catalog_max_age_hours:
        raise CatalogStale(f"no good catalog for {hours:.1f} hours: {error}")
    return {"outcome": "kept", "error": str(error), "hours": hours}
