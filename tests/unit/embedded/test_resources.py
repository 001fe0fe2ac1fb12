"""Whether a deployed stack is whole, on answers in the shape that LocalStack gives."""

from typing import Any

import pytest

from embedded import resources
from embedded.errors import EmbeddedError


def row(name: str, status: str = "CREATE_COMPLETE", physical: str | None = "x") -> dict[str, Any]:
    found = {"LogicalResourceId": name, "ResourceStatus": status, "ResourceType": "AWS::X::Y"}
    return found | ({"PhysicalResourceId": physical} if physical else {})


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (row("A", "UPDATE_FAILED"), "UPDATE_FAILED"),
        (row("A", "CREATE_IN_PROGRESS"), "CREATE_IN_PROGRESS"),
        (row("A", "DELETE_COMPLETE"), "DELETE_COMPLETE"),
        (row("A", "ROLLBACK_COMPLETE"), "ROLLBACK_COMPLETE"),
        (row("A", physical=None), "AWS::X::Y was skipped by LocalStack"),
        (row("A", physical="unknown"), "AWS::X::Y was skipped by LocalStack"),
    ],
)
def test_each_way_of_not_being_there_is_told(found: dict[str, Any], fault: str) -> None:
    assert list(resources.unfinished_resources([found], {"A"})) == [("A", fault)]


def test_a_whole_stack_has_no_fault() -> None:
    found = [row("A"), row("B", "UPDATE_COMPLETE")]
    assert list(resources.unfinished_resources(found, {"A", "B"})) == []


def test_a_declared_resource_that_was_never_made_is_told() -> None:
    faults = dict(resources.unfinished_resources([row("A")], {"A", "B"}))
    assert faults == {"B": "is in the template, but not in the stack"}
    assert issubclass(EmbeddedError, Exception)
