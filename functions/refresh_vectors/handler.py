"""Every minute: computes vectors of edited texts, and all of them for a new embedding model."""

from typing import Any

from deskhand.operations.refresh_vectors import refresh

# One more call of a model may follow, and the function still ends before the next minute begins.
SECONDS = 35


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """How many texts were read now, how many tickets there are, and how many the model has read."""
    return refresh(float(event.get("seconds", SECONDS)))
