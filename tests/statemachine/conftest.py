"""The real definition, executed by moto's interpreter, with the real handlers in process."""

import importlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.parse import asl_parser
from moto.stepfunctions.parser.utils import TMP_THREADS

from deskhand.settings import environment
from deskhand.store.outbox import AnyMessage
from tests.adapters import closed_at_the_end
from tests.patience import HUNG_SECONDS

DEFINITIONS = Path("statemachine")
_ROLE = "arn:aws:iam::123456789012:role/any"
_SUBSTITUTION = re.compile(r"\$\{(\w+)FunctionArn\}")


class Machine:
    """A state machine, and what its Lambda tasks were asked."""

    def __init__(self, name: str) -> None:
        self.client = boto3.client("stepfunctions")
        self.calls: list[str] = []
        # Functions whose process ends before any handler is called, by the error that Lambda names.
        self.broken: dict[str, str] = {}
        # Handlers in the place of functions.
        self.handlers: dict[str, Callable[[dict[str, Any], Any], Any]] = {}
        # The seconds before each retry, which pass at once.
        self.waits: list[float] = []
        # A function has a process of its own; here all share one, with its one connection.
        self.process = threading.Lock()
        self.arn = self.client.create_state_machine(
            name=name, definition=_definition(name), roleArn=_ROLE
        )["stateMachineArn"]

    def run(self, message: AnyMessage) -> dict[str, Any]:
        """The closed execution of an attempt; nothing of it goes on."""
        [ended] = self.run_at_once(message, [message.execution_name])
        return ended

    def run_at_once(self, message: AnyMessage, names: Sequence[str]) -> list[dict[str, Any]]:
        """The closed executions of an attempt by these names, started at the same time."""
        arns = [
            self.client.start_execution(
                stateMachineArn=self.arn, name=name, input=message.to_json()
            )["executionArn"]
            for name in names
        ]
        if not _are_ended():
            for arn in arns:
                self.client.stop_execution(executionArn=arn)
            assert _are_ended(), "a thread of an execution hangs"
            raise TimeoutError("an execution does not end")
        return [dict(self.client.describe_execution(executionArn=arn)) for arn in arns]

    def stop(self, message: AnyMessage) -> None:
        """Ends the attempt's execution from outside."""
        self.client.stop_execution(executionArn=message.execution_arn(self.arn))

    def invoke(self, name: str, payload: str, headers: dict[str, str]) -> bytes:
        """What Lambda would answer: the handler's result, or its error by class name."""
        with self.process:
            return self._answer(name, payload, headers)

    def _answer(self, name: str, payload: str, headers: dict[str, str]) -> bytes:
        self.calls.append(name)
        if name in self.broken:
            headers["x-amz-function-error"] = "Unhandled"
            failure = {"errorType": self.broken[name], "errorMessage": "the function cannot start"}
            return json.dumps(failure).encode()
        module = f"functions.{name}.handler"
        handler = self.handlers.get(name) or importlib.import_module(module).handler
        try:
            return json.dumps(handler(json.loads(payload), None)).encode()
        except Exception as error:
            headers["x-amz-function-error"] = "Unhandled"
            failure = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return json.dumps(failure).encode()


def _are_ended() -> bool:
    """Waits for the threads of an execution, and of the branches that a failed one left behind.

    The next test begins with run 1 again: what is left of this one would write into it.
    """
    while TMP_THREADS:
        TMP_THREADS[0].join(HUNG_SECONDS)
        if TMP_THREADS[0].is_alive():
            return False
        TMP_THREADS.pop(0)
    return True


@pytest.fixture(autouse=True, scope="session")
def _one_syntax_tree() -> Iterator[None]:
    """The interpreter reads the definition for each execution again: most of what it does."""
    parser = asl_parser.AmazonStateLanguageParser
    tree_of = cache(lambda definition, parse=parser.parse: parse(definition)[1])

    def parse(definition: str) -> tuple[Any, Any]:
        tree = tree_of(definition)
        return asl_parser.Preprocessor().visit(tree), tree

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parser, "parse", parse)
        yield


@pytest.fixture
def machine(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """The machine of triage, whose tasks run this repository's handlers."""
    with executed("triage", monkeypatch) as made:
        yield made


@contextmanager
def executed(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """The state machine of that name."""
    with mock_aws(
        config={"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": True}}
    ):
        made = Machine(name)

        # moto has no public way to say what a function answers by its name, nor what time it is.
        def invoke(_: Any, name: str, __: Any, body: Any, ___: Any, headers: Any) -> bytes:
            return made.invoke(name.rsplit(":", 1)[-1], body, headers)

        monkeypatch.setattr(LambdaSimpleBackend, "invoke", invoke)
        monkeypatch.setattr(retrier_decl, "time", SimpleNamespace(sleep=made.waits.append))
        yield made
        environment.settings.cache_clear()


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from closed_at_the_end(monkeypatch)


def _definition(name: str) -> str:
    def arn(match: re.Match[str]) -> str:
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", match[1]).lower()
        return f"arn:aws:lambda:us-east-1:123456789012:function:{name}"

    return _SUBSTITUTION.sub(arn, (DEFINITIONS / f"{name}.asl.json").read_text())
