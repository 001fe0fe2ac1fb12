"""The deployed stack from outside: physical names, outputs, and calls of its functions."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import yaml
from botocore.exceptions import BotoCoreError, ClientError

from embedded import aws, tokens
from embedded.emulator import ROOT
from embedded.errors import EmbeddedError
from embedded.instance import Instance

STACK = "deskhand"
_CONFIGURED_SECONDS = 60
SOUND = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


@dataclass(frozen=True)
class DeployedStack:
    """The stack in the LocalStack at `endpoint`; with an empty one, a stack in an AWS account."""

    endpoint: str
    name: str = STACK

    @property
    def is_on_aws(self) -> bool:
        """Return whether it is in an account, and not on this machine."""
        return not self.endpoint

    def client(self, service: str, seconds: int = 60) -> Any:
        """Return a client for one of its services, which waits so long for an answer."""
        if self.is_on_aws:
            return aws.account_client(service, seconds)
        return aws.client(service, self.endpoint, seconds)

    def status(self) -> str | None:
        """Return the stack's status; None when there is no stack."""
        try:
            stacks = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        except ClientError:
            return None
        return str(stacks[0]["StackStatus"]) if stacks else None

    def require(self) -> Self:
        """Return the stack; raise with what to do before it can be used."""
        try:
            status = self.status()
        except BotoCoreError as error:
            if self.is_on_aws:
                raise EmbeddedError(f"AWS cannot be asked: {error}") from None
            raise EmbeddedError("the stack is not running: run `make demo`") from None
        if status is None:
            missing = f"there is no stack {self.name} in this region and account"
            nothing = "nothing is deployed yet: run `make deploy`"
            raise EmbeddedError(missing if self.is_on_aws else nothing)
        if status.endswith("_IN_PROGRESS"):
            raise EmbeddedError(f"a deployment is running ({status}): wait until it has ended")
        if status not in SOUND:
            raise EmbeddedError(f"the last deployment ended as {status}: run `make deploy`")
        return self

    def failure(self) -> str | None:
        """Return the error of the last deployment if it was rolled back, else None."""
        try:
            status = self.status() or ""
        except BotoCoreError:
            # LocalStack is too busy to answer, which says nothing about the deployment.
            return None
        if not (status.endswith("_FAILED") or status.endswith("ROLLBACK_COMPLETE")):
            return None
        events = self.client("cloudformation").describe_stack_events(StackName=self.name)
        reasons = [
            f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
            for event in reversed(events["StackEvents"])
            if event["ResourceStatus"].endswith("_FAILED") and event.get("ResourceStatusReason")
        ]
        return "\n  ".join([f"the stack ended {status}", *reasons])

    def declared_ids(self) -> set[str]:
        """Return the logical ids that the transformed template creates without a condition."""
        answer = self.client("cloudformation").get_template(
            StackName=self.name, TemplateStage="Processed"
        )["TemplateBody"]
        template = answer if isinstance(answer, dict) else json.loads(answer)
        return {name for name, each in template["Resources"].items() if "Condition" not in each}

    def physical(self, resource_type: str) -> dict[str, str]:
        """Return physical ids by logical id of all resources of one type."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for page in pages.paginate(StackName=self.name)
            for each in page["StackResourceSummaries"]
            # A resource that is being created has no physical id yet.
            if each["ResourceType"] == resource_type and each.get("PhysicalResourceId")
        }

    def base_url(self) -> str:
        """Return the URL of the API's stage."""
        self.require()
        if self.is_on_aws:
            return self.outputs()["ApiUrl"]
        api = next(iter(self.physical("AWS::ApiGateway::RestApi").values()), None)
        stages = self.client("apigateway").get_stages(restApiId=api)["item"] if api else []
        if not stages:
            raise EmbeddedError("the stack has no API: run `make deploy`")
        return f"{self.endpoint}/_aws/execute-api/{api}/{stages[0]['stageName']}"

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs."""
        [stack] = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}

    def signing_keys(self) -> str:
        """Return the text of the secret that holds the keys of access tokens."""
        name = self.physical("AWS::SecretsManager::Secret")["SigningKeysSecret"]
        return str(self.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])

    def invoke(self, logical_id: str, event: dict[str, Any], seconds: int = 120) -> Any:
        """Return the answer of a function; raise EmbeddedError with the function's error."""
        self.require()
        try:
            name = self.physical("AWS::Lambda::Function")[logical_id]
            answer = self._answer(name, json.dumps(event), seconds)
        except KeyError:
            raise EmbeddedError(f"the stack has no {logical_id}: run `make deploy`") from None
        except (BotoCoreError, ClientError) as error:
            raise EmbeddedError(f"{logical_id} could not be invoked: {error}") from None
        payload = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            kind, message = payload.get("errorType"), payload.get("errorMessage")
            raise EmbeddedError(
                f"{logical_id} failed: {kind}: {message} (`make logs F={folder(logical_id)}`)"
            )
        return payload

    @contextmanager
    def configure(self, logical_id: str, variables: dict[str, str]) -> Iterator[None]:
        """Change a function's environment variables inside the context."""
        name = self.physical("AWS::Lambda::Function")[logical_id]
        client = self.client("lambda")
        usual = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        self._configure(name, usual | variables)
        try:
            yield
        finally:
            self._configure(name, usual)

    def _configure(self, name: str, variables: dict[str, str]) -> None:
        client = self.client("lambda")
        client.update_function_configuration(
            FunctionName=name, Environment={"Variables": variables}
        )
        deadline = time.monotonic() + _CONFIGURED_SECONDS
        while time.monotonic() < deadline:
            found = client.get_function_configuration(FunctionName=name)
            if found["State"] == "Active" and found["LastUpdateStatus"] == "Successful":
                return
            time.sleep(0.2)
        raise EmbeddedError(f"the new variables of {name} did not become active")

    def _answer(self, name: str, payload: str, seconds: int) -> Any:
        client = self.client("lambda", seconds)
        deadline = time.monotonic() + seconds
        while True:
            try:
                return client.invoke(FunctionName=name, Payload=payload)
            except client.exceptions.TooManyRequestsException:
                # A scheduled function runs once at a time, and its schedule may be running it now.
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.5)


def stack_of(instance: Instance) -> DeployedStack:
    """Return the stack that a command works on: STACK's on AWS, else the local one."""
    if name := os.environ.get("STACK"):
        if region := _region_of(name):
            os.environ["AWS_DEFAULT_REGION"] = region
        return DeployedStack("", name)
    return DeployedStack(instance.emulator.url)


def _region_of(stack: str) -> str | None:
    """Return the region of a stack that a stage names; the caller's shell knows that of others."""
    stages = (yaml.safe_load(path.read_text()) for path in (ROOT / "aws/stages").glob("*.yaml"))
    return next((str(each["region"]) for each in stages if each["stack"] == stack), None)


def token_of(instance: Instance, subject: str, role: str) -> str:
    """Return an access token for that stack, for fifteen minutes."""
    stack = stack_of(instance)
    if stack.is_on_aws:
        return tokens.token_by(json.loads(stack.signing_keys())["keys"], subject, role)
    return tokens.token(instance.state, subject, role)


def folder(logical_id: str) -> str:
    """Return the folder below functions/ that a resource is named after."""
    verb = logical_id.removesuffix("Function")
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in verb).lstrip("_")


def logical_id(name: str) -> str:
    """Return the resource named after a folder below functions/."""
    return "".join(word.capitalize() for word in name.split("_")) + "Function"
