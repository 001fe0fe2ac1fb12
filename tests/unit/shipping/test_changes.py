"""What a deployment would change is looked at, and nothing of it stays."""

from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber

from shipping.stacks import Stacks
from shipping.stage import Stage

STAGE = Stage.parse("a", "region: us-east-1\nstack: s\napplication: {}")
LOOKED_AT = ("AVAILABLE", "UNAVAILABLE")


@pytest.mark.parametrize(
    ("status", "stack_goes"), [("UPDATE_COMPLETE", False), ("REVIEW_IN_PROGRESS", True)]
)
def test_what_nobody_executed_is_dropped_and_a_stack_of_nothing_else_too(
    status: str, stack_goes: bool
) -> None:
    """F-N4"""
    client = boto3.client("cloudformation", region_name="us-east-1")
    states = (*LOOKED_AT, "EXECUTE_COMPLETE", "EXECUTE_IN_PROGRESS", "OBSOLETE")
    listed = [{"ChangeSetId": f"arn:{state}", "ExecutionStatus": state} for state in states]
    stack = {"StackName": "s", "CreationTime": datetime.now(UTC), "StackStatus": status}
    with Stubber(client) as stub:
        stub.add_response("list_change_sets", {"Summaries": listed}, {"StackName": "s"})
        for state in LOOKED_AT:
            asked = {"StackName": "s", "ChangeSetName": f"arn:{state}"}
            stub.add_response("delete_change_set", {}, asked)
        stub.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "s"})
        if stack_goes:
            stub.add_response("delete_stack", {}, {"StackName": "s"})
        Stacks(STAGE, client, print).drop_changes("application")
        stub.assert_no_pending_responses()
