"""Every minute: reads new examples, and trains the classifier again after enough changes."""

from typing import Any

from deskhand.learning.learn import learn


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What was read and trained; `{"force": true}` trains after any change."""
    return learn(
        lambda: context.get_remaining_time_in_millis() / 1000, force=bool(event.get("force"))
    )
