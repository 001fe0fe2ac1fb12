"""A state machine cannot tell why Lambda itself refused a call.

A task that names a function by its ARN gets the error `Exception` for whatever the Lambda service
answers: a throttled call, a missing function, a fault of the emulator. On AWS the name is that of
the answer (`Lambda.TooManyRequestsException`), and that is what a Retry matches. Repaired: the same
names here.
"""

from typing import Any

from botocore.exceptions import ClientError
from localstack.services.stepfunctions.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task import (
    state_task_lambda,
)

# What LocalStack calls a fault of its own.
_OWN_FAULTS = {"InternalError", "InternalFailure", "Exception"}


def name_of(error: ClientError) -> str:
    """The name that AWS gives a task's error for this answer of Lambda."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return "Lambda.ServiceException" if code in _OWN_FAULTS or not code else f"Lambda.{code}"


def apply() -> None:
    """Rename the error of a failed task where Lambda itself was the one who failed."""
    task = state_task_lambda.StateTaskLambda
    from_error = task._from_error

    def from_error_by_name(self: Any, env: Any, ex: Exception) -> Any:
        failure = from_error(self, env, ex)
        if isinstance(ex, ClientError):
            name = name_of(ex)
            failure.error_name = CustomErrorName(name)
            failure.event_details["lambdaFunctionFailedEventDetails"]["error"] = name
        return failure

    task._from_error = from_error_by_name
