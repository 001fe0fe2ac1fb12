"""What people may choose from: categories, request types, and what is promised for each."""

from typing import Any

from deskhand.catalog.model import Catalog, RequestType


def overview(catalog: Catalog) -> dict[str, Any]:
    """The catalog's version, and its categories with their request types, in its own order."""
    categories = [
        {
            "name": category.name,
            "code": category.code,
            "description": category.description,
            "request_types": [_shown(request) for request in category.request_types],
        }
        for category in catalog.categories
    ]
    return {"version": catalog.version, "categories": categories}


def _shown(request: RequestType) -> dict[str, Any]:
    sla = request.sla
    promise = {"unit", "value"}
    first = sla.first_response if sla else None
    return {
        "name": request.name,
        "description": request.description,
        "default_priority": request.default_priority,
        "route": request.route,
        "resolution": sla.model_dump(include=promise) if sla else None,
        "first_response": first.model_dump(include=promise) if first else None,
    }
