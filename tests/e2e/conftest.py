"""A stack of its own on LocalStack, deployed from template.yaml, used over HTTP."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from embedded import aws, tokens
from embedded.instance import Instance
from embedded.stack import running, wipe
from tests.contract.routes import deployed
from tests.contract.template import camel

INSTANCE = Instance("test")
# Ten times as long as anything here takes on two cores.
PATIENCE_SECONDS = 600.0
OFTEN: Any = {"Delay": 0.1, "MaxAttempts": 2400}  # instead of once a second


class Stack:
    """The running product, as a client and an operator see it."""

    def __init__(self, target: dict[str, Any]) -> None:
        self.target = target
        self.api = httpx.Client(base_url=target["base_url"], timeout=240)

    def moved(self, target: dict[str, Any]) -> None:
        """The same stack, redeployed into a new LocalStack."""
        self.api.close()
        self.__dict__.update(vars(Stack(target)))

    def token(self, role: str) -> str:
        """An access token: those of the target end after fifteen minutes, as the tests may not."""
        return tokens.token(INSTANCE.state, f"{role}-1", role)

    def aws(self, service: str) -> Any:
        """A client of the emulated account."""
        return aws.client(service, self.target["aws_endpoint"])

    def sql(self, query: Any, *parameters: object) -> list[dict[str, Any]]:
        """The rows of a query."""
        with psycopg.connect(self.target["dsn"], row_factory=dict_row) as conn:
            return conn.execute(query, parameters).fetchall()

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """What a function answers."""
        name = self.target["functions"][function]
        reply = self.aws("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        assert "FunctionError" not in reply
        return json.loads(reply["Payload"].read())

    def post(self, subject: str, body: str = "", key: str | None = None) -> httpx.Response:
        """The answer to a posted ticket."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        ticket = {"subject": subject, "body": body, "customer_id": "c-1"}
        return self.api.post("/tickets", json=ticket, headers=headers)

    def ended(self, ticket_id: str) -> dict[str, Any]:
        """The ticket once its run has ended."""

        def look() -> dict[str, Any] | None:
            ticket: dict[str, Any] = self.api.get(f"/tickets/{ticket_id}").json()
            return ticket if ticket["workflow_status"] in ("COMPLETED", "FAILED") else None

        return eventually(look)


def eventually[T](look: Callable[[], T | None]) -> T:
    """The first thing that `look` finds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    raise TimeoutError(f"not seen within {PATIENCE_SECONDS:.0f} seconds")


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A deployed stack for the whole run."""
    wipe(INSTANCE)
    with running(INSTANCE) as target:
        made = Stack(target)
        yield made
        made.api.close()


@pytest.fixture(scope="session")
def closed(stack: Stack) -> None:
    """The API as it is on AWS: without a token nobody gets anything.

    It stays so until the stack is stopped, and what is accepted stays in the queue: the tests that
    use this send thousands of requests, and ask nothing about triage.
    """
    configure(stack, "ANONYMOUS_ROLE", "")
    awslambda = stack.aws("lambda")
    dispatch = stack.target["functions"]["DispatchFunction"]
    for each in awslambda.list_event_source_mappings(FunctionName=dispatch)["EventSourceMappings"]:
        awslambda.update_event_source_mapping(UUID=each["UUID"], Enabled=False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One stack for all tests: what they leave behind decides their order.

    A total loss deploys the stack anew, after which it is closed once and for all.
    """
    items.sort(key=lambda item: ("closed" in _fixtures(item), "total_loss" in item.nodeid))


def _fixtures(item: pytest.Item) -> list[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else []


def configure(stack: Stack, name: str, value: str, *words: str) -> str:
    """What a variable was for these functions, or all behind the API; from now on it is `value`."""
    awslambda, was = stack.aws("lambda"), ""
    names = [
        stack.target["functions"][f"{camel(word)}Function"]
        for word in words or {each.removeprefix("functions/") for each in deployed().values()}
    ]
    for function in names:
        variables = awslambda.get_function_configuration(FunctionName=function)["Environment"]
        was = variables["Variables"][name]
        variables["Variables"][name] = value
        awslambda.update_function_configuration(FunctionName=function, Environment=variables)
    for function in names:
        awslambda.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig=OFTEN)
    return str(was)
