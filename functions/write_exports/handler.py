"""Every minute: writes the oldest export that waits."""

from typing import Any

from deskhand.exports.write import write_exports


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The export that was written, and its number of rows."""
    return write_exports()
