"""Activates a catalog, or only reports what that would change."""

from typing import Any

from deskhand.catalog.lint import lint
from deskhand.catalog.loaded import LoadedCatalog, activate, active
from deskhand.catalog.model import Catalog, CatalogPhrases
from deskhand.catalog.parse import CatalogInvalid, parse_catalog
from deskhand.catalog.phrases import embed_phrases
from deskhand.catalog.yaml_text import document_of
from deskhand.operations.catalog_changes import Pair, changes, relabellings
from deskhand.safety.injection.detection import Suspicion
from deskhand.store import catalog as catalogs
from deskhand.store import catalog_impact
from deskhand.store.connection import connection, patient
from deskhand.ticket import TicketText
from deskhand.triage.classify import classify
from deskhand.triage.offline import OFFLINE

# Each is classified twice, at some ten milliseconds.
_SAMPLE = 200


def load(event: dict[str, Any]) -> dict[str, Any]:
    """Version, size and `findings` of the catalog in `document`, or as YAML in `text`.

    With `dry_run` it is not activated: `changes` lists added, removed and changed types with their
    unsolved tickets, `labels` the changed labels of recent tickets. Raises CatalogInvalid for an
    invalid one, which changes nothing.
    """
    catalog = _catalog(event)
    with connection() as conn, patient(conn, 60):
        model = catalogs.model_of_phrases(conn)
    phrases = embed_phrases(catalog, model)
    said = {
        "version": catalog.version,
        "categories": len(catalog.categories),
        "request_types": len(catalog.entries),
        "findings": [finding._asdict() for finding in lint(catalog)],
    }
    if event.get("dry_run"):
        return said | _foreseen(catalog, phrases)
    # Another deployment may load a catalog at the same time: this one waits, and replaces it.
    with connection() as conn, patient(conn, 60):
        activate(conn, catalog, phrases)
    return said


def _catalog(event: dict[str, Any]) -> Catalog:
    if "text" not in event:
        return parse_catalog(event.get("document"))
    if not isinstance(event["text"], str):
        raise CatalogInvalid([("/text", "must be text")])
    return parse_catalog(document_of(event["text"].encode()))


def _foreseen(catalog: Catalog, phrases: CatalogPhrases) -> dict[str, Any]:
    with connection() as conn:
        old = active(conn)
        counted = catalog_impact.unsolved_by_type(conn)
        texts = (
            [(row["id"], _text(row)) for row in catalog_impact.recent_tickets(conn, _SAMPLE)]
            if old
            else []
        )
    foreseen: dict[str, Any] = {"changes": changes(old.catalog if old else None, catalog, counted)}
    if old:
        new = LoadedCatalog(catalog, phrases)
        foreseen["labels"] = relabellings(texts, _labeller(old), _labeller(new))
    return foreseen


def _labeller(loaded: LoadedCatalog) -> Any:
    """A function that labels a text by that catalog with the offline provider."""

    def label(text: TicketText) -> Pair:
        found = classify(OFFLINE, loaded, Suspicion((), text))
        return found.category, found.request_type

    return label


def _text(row: dict[str, Any]) -> TicketText:
    return TicketText(row["subject"], row["body"])
