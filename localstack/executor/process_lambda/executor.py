"""A runtime executor for LocalStack that needs no Docker."""

import logging
import re
from collections.abc import Iterable
from typing import override

from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import (
    FunctionVersion,
    InvocationResult,
    LayerVersion,
)
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from localstack import config
from process_lambda.errors import SetupError
from process_lambda.function import Function
from process_lambda.interpreter import interpreter_for
from process_lambda.late_logs import store_lines
from process_lambda.layers import LayerContent, merge_layers
from process_lambda.runtime_api import Request
from process_lambda.sandbox import Sandbox
from process_lambda.settings import aws_endpoint, function_python, working_root
from process_lambda.watchdog import environments_root

# The address of a REST API, of which a function may tell people.
_API = re.compile(r"^https://([a-z0-9]+)\.execute-api\.[^/]+")

LOG = logging.getLogger(__name__)


class ProcessExecutor(RuntimeExecutor):  # type: ignore[misc]  # LocalStack is untyped
    """Runs one execution environment of a function version as a process of this machine."""

    _sandbox: Sandbox | None = None

    @override
    def start(self, env_vars: dict[str, str]) -> None:
        """Start the environment; an error of its init is kept for the first invocation."""
        function = prepare_function(self.function_version)
        directory = environments_root() / self.id
        # One second less than LocalStack's own limit, whose error has no payload.
        seconds = max(1.0, config.LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT - 1.0)
        self._sandbox = Sandbox(function, _variables(env_vars), directory, seconds)
        problem = self._sandbox.start()
        if problem and env_vars["AWS_LAMBDA_INITIALIZATION_TYPE"] == "provisioned-concurrency":
            raise StatusErrorException("Environment startup failed", payload=problem.payload)

    @override
    def stop(self) -> None:
        """End the environment after the current invocation, if there is one."""
        if self._sandbox:
            self._sandbox.retire()

    @override
    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Run one invocation and return its result, also when the function fails."""
        if self._sandbox is None:
            raise SetupError(f"execution environment {self.id} was never started")
        request = Request(
            payload["invoke-id"],
            payload["invoked-function-arn"],
            payload["payload"].encode(),
            payload.get("trace-id", ""),
        )
        reply = self._sandbox.invoke(request)
        if self._sandbox.retired:
            store_lines(self.function_version.id, self.id, reply.logs)
        return InvocationResult(
            request.request_id, reply.outcome.payload, reply.outcome.failed, reply.logs
        )

    @override
    def get_logs(self) -> str:
        """The output of the environment outside of invocations."""
        return self._sandbox.take_output() if self._sandbox else ""

    @override
    def get_address(self) -> str:
        """The address at which the environment runs: this machine."""
        return "127.0.0.1"

    @override
    def get_endpoint_from_executor(self) -> str:
        """The address at which the environment finds LocalStack: this machine."""
        return "127.0.0.1"

    @override
    def get_runtime_endpoint(self) -> str:
        """A name for the environment. It is never called: each process has its own runtime API."""
        port = config.GATEWAY_LISTEN[0].port
        return f"http://127.0.0.1:{port}/_localstack_lambda/{self.id}"

    @override
    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unpack code and layers before the first invocation."""
        prepare_function(function_version)

    @override
    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Nothing: after a change of configuration the next version uses the same files."""

    @override
    @classmethod
    def validate_environment(cls) -> bool:
        """Whether functions can run; if not, logs the reason in LocalStack's log."""
        try:
            function_python()
        except SetupError as problem:
            LOG.warning("Lambda functions cannot run: %s", problem)
            return False
        return True


def prepare_function(version: FunctionVersion) -> Function:
    """The function version with its code and layers on disk."""
    config_ = version.config
    if config_.code is None or config_.handler is None:
        raise SetupError("the process executor runs functions packed as zip files only")
    python = interpreter_for(config_.runtime)
    config_.code.prepare_for_execution()
    return Function(
        python=python,
        runtime=str(config_.runtime),
        handler=config_.handler,
        version=version.id.qualifier,
        task=config_.code.get_unzipped_code_location(),
        opt=merge_layers(_layer_contents(config_.layers), working_root()),
        timeout_seconds=float(config_.timeout),
        memory_mib=config_.memory_size,
        hot_reloading=config_.code.is_hot_reloading(),
    )


def _variables(given: dict[str, str]) -> dict[str, str]:
    """The variables with addresses that lead somewhere on this machine."""
    own = f"http://127.0.0.1:{config.GATEWAY_LISTEN[0].port}"
    api = rf"{own}/_aws/execute-api/\1"
    found = {name: _API.sub(api, str(value)) for name, value in given.items()}
    return _by_detour(found, own)


def _by_detour(variables: dict[str, str], own: str) -> dict[str, str]:
    """The variables with a detour's endpoint, if one is set; a function's own endpoint stays."""
    endpoint = aws_endpoint()
    if endpoint is None or variables.get("AWS_ENDPOINT_URL") != own:
        return variables
    return {**variables, "AWS_ENDPOINT_URL": endpoint}


def _layer_contents(layers: Iterable[LayerVersion]) -> list[LayerContent]:
    contents = []
    for layer in layers:
        if layer.code:
            layer.code.prepare_for_execution()
            directory = layer.code.get_unzipped_code_location()
            contents.append(LayerContent(directory, layer.code.code_sha256))
    return contents
