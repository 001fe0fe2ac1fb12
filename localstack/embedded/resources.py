"""Checks that the resources of a deployed stack exist: LocalStack reports success in any case."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from embedded.errors import EmbeddedError

Resource = Mapping[str, Any]
Clients = Callable[[str], Any]
# Asks the service itself; returns the fault, or None.
Probe = Callable[[Clients, str], str | None]


def all_resources(cloudformation: Any, stack: str) -> list[Resource]:
    """Return the summaries of all resources of a stack."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    return [each for page in pages for each in page["StackResourceSummaries"]]


def require_all(clients: Clients, stack: str, declared: set[str]) -> list[Resource]:
    """Return the resources; raise with the names of those that are missing or not usable."""
    found = all_resources(clients("cloudformation"), stack)
    faults = dict(unfinished_resources(found, declared))
    whole = [each for each in found if each["LogicalResourceId"] not in faults]
    faults |= {each["LogicalResourceId"]: fault for each in whole if (fault := _ask(clients, each))}
    if faults:
        lines = "\n".join(f"  {name}: {fault}" for name, fault in sorted(faults.items()))
        raise EmbeddedError(f"the stack {stack} was deployed, but is incomplete:\n{lines}")
    return found


def unfinished_resources(
    found: Sequence[Resource], declared: set[str]
) -> Iterator[tuple[str, str]]:
    """Yield (logical id, fault) of resources that the stack itself does not list as complete."""
    for missing in declared - {each["LogicalResourceId"] for each in found}:
        yield missing, "is in the template, but not in the stack"
    for each in found:
        status, physical = each["ResourceStatus"], each.get("PhysicalResourceId")
        if not status.endswith("_COMPLETE") or status.startswith(("DELETE", "ROLLBACK")):
            yield each["LogicalResourceId"], status
        elif not physical or physical == "unknown":
            yield each["LogicalResourceId"], f"{each['ResourceType']} was skipped by LocalStack"


def _ask(clients: Clients, resource: Resource) -> str | None:
    """Return the fault that the owning service reports; wait for what is still being created."""
    probe = _PROBES.get(resource["ResourceType"])
    fault = None
    for _ in range(60) if probe else ():
        try:
            fault = probe(clients, resource["PhysicalResourceId"]) if probe else None
        except ClientError as error:
            return error.response["Error"]["Message"]
        except BotoCoreError as error:
            return str(error)
        if fault is None:
            return None
        time.sleep(0.25)
    return fault


def _function(clients: Clients, name: str) -> str | None:
    state = clients("lambda").get_function_configuration(FunctionName=name)["State"]
    return None if state == "Active" else f"is {state}"


def _event_source(clients: Clients, uuid: str) -> str | None:
    state = clients("lambda").get_event_source_mapping(UUID=uuid)["State"]
    return None if state == "Enabled" else f"is {state}"


def _layer(clients: Clients, arn: str) -> str | None:
    clients("lambda").get_layer_version_by_arn(Arn=arn)
    return None


def _queue(clients: Clients, url: str) -> str | None:
    clients("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return None


def _state_machine(clients: Clients, arn: str) -> str | None:
    status = clients("stepfunctions").describe_state_machine(stateMachineArn=arn)["status"]
    return None if status == "ACTIVE" else f"is {status}"


def _api(clients: Clients, api: str) -> str | None:
    gateway = clients("apigateway")
    gateway.get_rest_api(restApiId=api)
    return None if gateway.get_stages(restApiId=api)["item"] else "has no stage"


def _rule(clients: Clients, name: str) -> str | None:
    bus, _, rule = name.rpartition("|")
    found = clients("events").describe_rule(Name=rule, EventBusName=bus or "default")
    return None if found["State"] in ("ENABLED", "DISABLED") else f"is {found['State']}"


_PROBES: dict[str, Probe] = {
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::EventSourceMapping": _event_source,
    "AWS::Lambda::LayerVersion": _layer,
    "AWS::SQS::Queue": _queue,
    "AWS::StepFunctions::StateMachine": _state_machine,
    "AWS::ApiGateway::RestApi": _api,
    "AWS::Events::Rule": _rule,
}
