"""CloudFormation drops properties of a function.

LocalStack's CloudFormation ignores ReservedConcurrentExecutions, and properties that are removed
from a template, such as Layers or Environment, keep their last value. Repaired: reserved
concurrency is set and removed, and a property that is no longer in the template returns to its
default.
"""

from collections.abc import Callable
from typing import Any

from localstack.services.cloudformation.resource_provider import OperationStatus
from localstack.services.lambda_.resource_providers.aws_lambda_function import (
    LambdaFunctionProvider,
)

type Operation = Callable[[LambdaFunctionProvider, Any], Any]

_RESERVED = "ReservedConcurrentExecutions"
_DEFAULTS: dict[str, Any] = {
    "DeadLetterConfig": {},
    "Description": "",
    "Environment": {"Variables": {}},
    "Layers": [],
    "MemorySize": 128,
    "Timeout": 3,
}


def apply() -> None:
    """Wrap LocalStack's operations."""
    LambdaFunctionProvider.create = _with_reservation(LambdaFunctionProvider.create)
    update = _with_defaults(LambdaFunctionProvider.update)
    LambdaFunctionProvider.update = _with_reservation(update)


def _with_reservation(operation: Operation) -> Operation:
    def wrapped(provider: LambdaFunctionProvider, request: Any) -> Any:
        wanted = request.desired_state.get(_RESERVED)
        before = (request.previous_state or {}).get(_RESERVED)
        event = operation(provider, request)
        if event.status == OperationStatus.SUCCESS and wanted != before:
            name = event.resource_model["FunctionName"]
            _reserve(request.aws_client_factory.lambda_, name, wanted)
            event.resource_model[_RESERVED] = wanted
        return event

    return wrapped


def _reserve(awslambda: Any, name: str, wanted: Any) -> None:
    if wanted is None:
        awslambda.delete_function_concurrency(FunctionName=name)
    else:
        awslambda.put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=int(wanted)
        )


def _with_defaults(operation: Operation) -> Operation:
    def wrapped(provider: LambdaFunctionProvider, request: Any) -> Any:
        for name, default in _DEFAULTS.items():
            if name in request.previous_state:
                request.desired_state.setdefault(name, default)
        return operation(provider, request)

    return wrapped
