"""What counts as a resource that was made."""

from typing import Any

from embedded.resource_count import complete


def event(name: str, status: str) -> dict[str, Any]:
    return {"LogicalResourceId": name, "ResourceStatus": status}


def test_each_resource_counts_once_and_the_stack_does_not() -> None:
    events = [
        event("A", "CREATE_IN_PROGRESS"),
        event("A", "CREATE_COMPLETE"),
        event("A", "UPDATE_COMPLETE"),
        event("B", "CREATE_FAILED"),
        event("C", "CREATE_IN_PROGRESS"),
        event("D", "CREATE_COMPLETE"),
        event("deskhand", "CREATE_COMPLETE"),
    ]
    assert complete(events) == {"A", "D"}
