"""Every minute: reads edited texts anew, and everything for an embedding model that is to serve."""

from typing import Any

from deskhand.operations.refresh_vectors import refresh

# With the time of one call of a model after it, this ends before the next minute begins.
SECONDS = 35


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """How many texts were read now; how many tickets there are, and how many the model has read."""
    return refresh(float(event.get("seconds", SECONDS)))
