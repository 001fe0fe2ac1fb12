"""What is to be said of a catalog before it is put in force."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from deskhand.catalog import yaml_text
from deskhand.catalog.lint import lint
from deskhand.catalog.parse import CatalogInvalid, parse_catalog
from deskhand.refusals import Invalid

# The text, escaped as a JSON string.
MAX_BYTES = 2 * yaml_text.MAX_BYTES
SHOWN = 100


class ProposedCatalog(BaseModel):
    """`POST /catalog/lint`: a catalog, as JSON in `document` or as YAML in `text`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    document: dict[str, Any] | None = Field(None, description="`{service_catalog: {catalog: …}}`")
    text: str | None = Field(None, max_length=yaml_text.MAX_BYTES, description="YAML or JSON")


def report(proposed: ProposedCatalog) -> dict[str, Any]:
    """Its `errors`, for which it would be refused, or its size and its `findings`.

    A hundred of each are shown. Raises Invalid unless exactly one of `document` and `text` is
    there.
    """
    if (proposed.document is None) == (proposed.text is None):
        raise Invalid("send either document or text", "/document", "/text")
    try:
        document = proposed.document
        if proposed.text is not None:
            document = yaml_text.document_of(proposed.text.encode())
        catalog = parse_catalog(document)
    except CatalogInvalid as invalid:
        faults = [{"pointer": at, "detail": why} for at, why in invalid.errors]
        return _report(None, 0, 0, errors=faults, findings=[])
    findings = [finding._asdict() for finding in lint(catalog)]
    sizes = len(catalog.categories), len(catalog.entries)
    return _report(catalog.version, *sizes, errors=[], findings=findings)


def _report(
    version: str | None,
    categories: int,
    request_types: int,
    *,
    errors: list[dict[str, str]],
    findings: list[dict[str, str]],
) -> dict[str, Any]:
    return {
        "version": version,
        "categories": categories,
        "request_types": request_types,
        "error_count": len(errors),
        "finding_count": len(findings),
        "errors": errors[:SHOWN],
        "findings": findings[:SHOWN],
    }
