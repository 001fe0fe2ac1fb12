"""Makes and deletes the stacks of a stage, and shows what happens meanwhile."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from shipping.stage import TEMPLATES, Stage, parse

_POLL_SECONDS = 5.0
_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE")


class StackFailed(Exception):
    """A stack did not become what was asked; the message has CloudFormation's reasons."""


class Stacks:
    """The stacks of a stage, by CloudFormation's client; `say` gets a line for each change."""

    def __init__(self, stage: Stage, client: Any, say: Callable[[str], None]) -> None:
        self._stage, self._client, self._say = stage, client, say

    def outputs(self, part: str) -> dict[str, str]:
        """The outputs of a part's stack; empty while there is none."""
        found = self.find(part)
        return {each["OutputKey"]: each["OutputValue"] for each in (found or {}).get("Outputs", ())}

    def parameter(self, part: str, name: str) -> str:
        """A parameter as it is deployed; empty while there is no stack."""
        given = (self.find(part) or {}).get("Parameters", ())
        return next((p["ParameterValue"] for p in given if p["ParameterKey"] == name), "")

    def find(self, part: str) -> Any:
        """The stack as CloudFormation describes it, or None."""
        try:
            [found] = self._client.describe_stacks(StackName=self._stage.stack_of(part))["Stacks"]
        except ClientError:
            return None
        return found

    def make(self, part: str, outputs: dict[str, str]) -> dict[str, str]:
        """Creates or updates a stack of a plain template; its outputs. Raises StackFailed."""
        name = self._stage.stack_of(part)
        parameters = self._stage.parameters(part, outputs)
        given = {
            "StackName": name,
            "TemplateBody": TEMPLATES[part].read_text(),
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
            "Capabilities": ["CAPABILITY_IAM"],
            "Tags": tags(self._stage),
        }
        begun = time.time()
        try:
            change = self._client.update_stack if self.find(part) else self._client.create_stack
            change(**given)
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise StackFailed(f"{name}: {error.response['Error']['Message']}") from None
            self._say(f"{name}: nothing has changed")
            return self.outputs(part)
        self._wait(part, begun)
        return self.outputs(part)

    def drop_changes(self, part: str) -> None:
        """Deletes change sets that were never executed, and a stack that has nothing else."""
        name = self._stage.stack_of(part)
        for each in self._client.list_change_sets(StackName=name)["Summaries"]:
            if each["ExecutionStatus"] in ("AVAILABLE", "UNAVAILABLE"):
                self._client.delete_change_set(ChangeSetName=each["ChangeSetId"], StackName=name)
        if (self.find(part) or {}).get("StackStatus") == "REVIEW_IN_PROGRESS":
            self._client.delete_stack(StackName=name)

    def delete(self, part: str) -> list[str]:
        """Deletes a stack; what it kept, by logical and physical name. Raises StackFailed."""
        if not (found := self.find(part)):
            return []
        begun, name = time.time(), found["StackId"]
        kept = list(self._kept(found["StackName"]))
        self._client.delete_stack(StackName=name)
        self._wait(part, begun, name)
        return kept

    def _kept(self, name: str) -> Iterator[str]:
        """What has a policy to stay, or leaves a snapshot."""
        body = self._client.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
        policies = {
            key: each.get("DeletionPolicy")
            for key, each in (body if isinstance(body, dict) else parse(body))["Resources"].items()
        }
        pages = self._client.get_paginator("list_stack_resources").paginate(StackName=name)
        for each in (row for page in pages for row in page["StackResourceSummaries"]):
            policy = policies.get(each["LogicalResourceId"])
            if policy == "Retain":
                yield f"{each['LogicalResourceId']}: {each.get('PhysicalResourceId', '')}"
            if policy == "Snapshot":
                yield f"{each['LogicalResourceId']}: a snapshot of {each['PhysicalResourceId']}"

    def _wait(self, part: str, begun: float, name: str = "") -> None:
        """Until the stack rests; says each resource that has ended."""
        name, seen = name or self._stage.stack_of(part), set[str]()
        while True:
            reasons = self._news(name, begun, seen)
            try:
                [stack] = self._client.describe_stacks(StackName=name)["Stacks"]
            except ClientError:
                return  # a deleted stack is not found by its name
            status = str(stack["StackStatus"])
            if not status.endswith("_IN_PROGRESS"):
                break
            time.sleep(_POLL_SECONDS)
        if status not in _GOOD:
            raise StackFailed("\n  ".join([f"{name} ended as {status}", *reasons]))

    def _news(self, name: str, begun: float, seen: set[str]) -> list[str]:
        """Says what has ended since; the reasons of what failed."""
        try:
            events = self._client.describe_stack_events(StackName=name)["StackEvents"]
        except ClientError:
            return []
        recent = [e for e in reversed(events) if e["Timestamp"].timestamp() >= begun - 1]
        for event in recent:
            if event["EventId"] not in seen and event["ResourceStatus"].endswith("_COMPLETE"):
                self._say(f"{event['LogicalResourceId']} {event['ResourceStatus'].lower()}")
            seen.add(event["EventId"])
        return [
            f"{e['LogicalResourceId']}: {e['ResourceStatusReason']}"
            for e in recent
            if e["ResourceStatus"].endswith("_FAILED") and e.get("ResourceStatusReason")
        ]


def tags(stage: Stage) -> list[dict[str, str]]:
    """The tags by which a bill is split."""
    return [{"Key": "Project", "Value": "deskhand"}, {"Key": "Stage", "Value": stage.name}]
