"""Parses a catalog document into a Catalog, or reports every error with its place."""

from collections.abc import Sequence

from pydantic import ValidationError

from deskhand.catalog.consistency import ROOT, inconsistencies
from deskhand.catalog.model import Catalog


class CatalogInvalid(Exception):
    """The catalog document is invalid; `errors` lists (JSON pointer, detail) for each error."""

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{pointer or '/'}: {detail}" for pointer, detail in errors))


def _inner(document: object) -> object:
    """The value at /service_catalog/catalog; other fields on the path are rejected."""
    for depth, key in enumerate(ROOT):
        if not isinstance(document, dict) or key not in document:
            raise CatalogInvalid([_fault(ROOT[:depth], f"an object with `{key}` is needed", ())])
        if extra := sorted(map(str, document.keys() - {key})):
            raise CatalogInvalid(
                [_fault((*ROOT[:depth], name), "unknown field", ()) for name in extra]
            )
        document = document[key]
    return document


def _fault(path: Sequence[int | str], detail: str, root: Sequence[str] = ROOT) -> tuple[str, str]:
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in (*root, *path))
    return "".join(f"/{step}" for step in steps), detail


def parse_catalog(document: object) -> Catalog:
    """The catalog in `{service_catalog: {catalog: {categories: [...]}}}`, or CatalogInvalid."""
    try:
        catalog = Catalog.model_validate(_inner(document))
    except ValidationError as error:
        raise CatalogInvalid([_fault(e["loc"], e["msg"]) for e in error.errors()]) from None
    if errors := [_fault(path, detail) for path, detail in inconsistencies(catalog)]:
        raise CatalogInvalid(errors)
    return catalog
