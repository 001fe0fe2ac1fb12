"""CloudFormation stacks that are deployed again with changes."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import count
from typing import Any

import pytest

type Deploy = Callable[[dict[str, Any]], None]

_numbers = count(1)

FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": "arn:aws:iam::000000000000:role/test",
        "Code": {"ZipFile": "def handler(event, context): return {'body': 'one'}"},
    },
}


def function(**properties: Any) -> dict[str, Any]:
    """The function with other properties."""
    changed: dict[str, Any] = deepcopy(FUNCTION)
    changed["Properties"] |= properties
    return changed


def answering(word: str) -> dict[str, Any]:
    """The function with code that answers this word."""
    return function(Code={"ZipFile": f"def handler(event, context): return {{'body': '{word}'}}"})


@pytest.fixture
def deploy(emulator: Any) -> Iterator[Deploy]:
    """Creates a stack with these resources at the first call, and updates it at later ones."""
    cloudformation = emulator.client("cloudformation")
    name = f"stack-{next(_numbers)}"
    exists = False

    def run(resources: dict[str, Any]) -> None:
        nonlocal exists
        body = json.dumps({"Resources": resources})
        operation = cloudformation.update_stack if exists else cloudformation.create_stack
        operation(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
        states = emulator.wait_for(
            lambda: {item["ResourceStatus"] for item in _stack_events(cloudformation, name)},
            lambda _: "IN_PROGRESS" not in _stack_status(cloudformation, name),
            30,
        )
        exists = True
        failures = [state for state in states if "FAILED" in state or "ROLLBACK" in state]
        assert not failures, _stack_events(cloudformation, name)

    run.resource = lambda logical_id: cloudformation.describe_stack_resource(  # type: ignore[attr-defined]
        StackName=name, LogicalResourceId=logical_id
    )["StackResourceDetail"]["PhysicalResourceId"]
    yield run
    cloudformation.delete_stack(StackName=name)


def _stack_events(cloudformation: Any, name: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = cloudformation.describe_stack_events(StackName=name)[
        "StackEvents"
    ]
    return events


def _stack_status(cloudformation: Any, name: str) -> str:
    return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])


def _api(paths: list[str], deployment: str) -> dict[str, Any]:
    called = "lambda:path/2015-03-31/functions/${Function.Arn}/invocations"
    target = {"Fn::Sub": f"arn:aws:apigateway:us-east-1:{called}"}
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": target}
    methods = {"get": {"responses": {}, "x-amazon-apigateway-integration": integration}}
    body = {"swagger": "2.0", "info": {"title": "api"}, "paths": dict.fromkeys(paths, methods)}
    return {
        "Function": FUNCTION,
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "api", "Body": body}},
        deployment: {
            "Type": "AWS::ApiGateway::Deployment",
            "Properties": {"RestApiId": {"Ref": "Api"}},
        },
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {
                "RestApiId": {"Ref": "Api"},
                "DeploymentId": {"Ref": deployment},
                "StageName": "v1",
            },
        },
    }


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as response:  # noqa: S310 - our own LocalStack
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_changed_api_serves_its_new_paths(emulator: Any, deploy: Any) -> None:
    deploy(_api(["/old", "/kept"], "DeploymentA"))
    api = deploy.resource("Api")
    url = f"{emulator.url}/_aws/execute-api/{api}/v1"
    assert [_status(f"{url}/{path}") for path in ("old", "kept", "new")] == [200, 200, 403]
    deploy(_api(["/kept", "/new"], "DeploymentB"))
    assert deploy.resource("Api") == api
    assert [_status(f"{url}/{path}") for path in ("old", "kept", "new")] == [403, 200, 200]


def _aliased(number: int, word: str) -> dict[str, Any]:
    return {
        "Function": answering(word),
        f"Version{number}": {
            "Type": "AWS::Lambda::Version",
            "DeletionPolicy": "Retain",
            "Properties": {"FunctionName": {"Ref": "Function"}},
        },
        "Alias": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "Name": "live",
                "FunctionName": {"Ref": "Function"},
                "FunctionVersion": {"Fn::GetAtt": [f"Version{number}", "Version"]},
            },
        },
    }


def test_alias_moves_to_the_new_version(emulator: Any, deploy: Any) -> None:
    deploy(_aliased(1, "one"))
    name = deploy.resource("Function")
    assert emulator.invoke(name, qualifier="live").payload == {"body": "one"}
    deploy(_aliased(2, "two"))
    assert emulator.invoke(name, qualifier="live").payload == {"body": "two"}
    assert emulator.invoke(name, qualifier="1").payload == {"body": "one"}


def test_reserved_concurrency_is_set_changed_and_taken_back(emulator: Any, deploy: Any) -> None:
    awslambda = emulator.client("lambda")

    def reserved() -> int | None:
        answer = awslambda.get_function_concurrency(FunctionName=deploy.resource("Function"))
        found: int | None = answer.get("ReservedConcurrentExecutions")
        return found

    deploy({"Function": function(ReservedConcurrentExecutions=3)})
    assert reserved() == 3
    deploy({"Function": function(ReservedConcurrentExecutions=0)})
    assert reserved() == 0
    with pytest.raises(awslambda.exceptions.TooManyRequestsException):
        emulator.invoke(deploy.resource("Function"))
    deploy({"Function": function()})
    assert reserved() is None


def test_property_that_left_the_template_returns_to_its_default(emulator: Any, deploy: Any) -> None:
    layer = emulator.layer({"python/extra.py": ""})
    environment = {"Variables": {"A": "1"}}
    deploy({"Function": function(Layers=[layer], Environment=environment, MemorySize=256)})
    deploy({"Function": function()})
    found = emulator.client("lambda").get_function_configuration(
        FunctionName=deploy.resource("Function")
    )
    assert not found.get("Layers")
    assert not found.get("Environment", {}).get("Variables")
    assert found["MemorySize"] == 128


def _rule(schedule: str, *targets: str) -> dict[str, Any]:
    arn = "arn:aws:sqs:us-east-1:000000000000:"
    return {
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "ScheduleExpression": schedule,
                "Targets": [{"Id": name, "Arn": f"{arn}{name}"} for name in targets],
            },
        }
    }


def test_changed_schedule_takes_effect(emulator: Any, deploy: Any) -> None:
    events = emulator.client("events")
    deploy(_rule("rate(5 minutes)", "first", "second"))
    name = deploy.resource("Rule")
    deploy(_rule("rate(1 minute)", "second", "third"))
    assert deploy.resource("Rule") == name
    assert events.describe_rule(Name=name)["ScheduleExpression"] == "rate(1 minute)"
    targets = events.list_targets_by_rule(Rule=name)["Targets"]
    assert {target["Id"] for target in targets} == {"second", "third"}


def test_changed_alarm_takes_effect(emulator: Any, deploy: Any) -> None:
    properties = {
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "MetricName": "Depth",
        "Namespace": "Own",
        "Period": 60,
        "Statistic": "Sum",
    }

    def alarm(threshold: int) -> dict[str, Any]:
        content = {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}
        return {"Alarm": content | {"Properties": properties | {"Threshold": threshold}}}

    deploy(alarm(1))
    deploy(alarm(2))
    found = emulator.client("cloudwatch").describe_alarms(AlarmNames=[deploy.resource("Alarm")])
    assert [item["Threshold"] for item in found["MetricAlarms"]] == [2.0]
