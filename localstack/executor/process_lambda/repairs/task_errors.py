"""A state machine does not see why Lambda itself refused a call.

A task that names a function by its ARN gets the error `Exception` for every error of the Lambda
service: a throttled call, a missing function, a fault of the emulator. On AWS it gets the name of
that error (`Lambda.TooManyRequestsException`), which a Retry matches. Repaired: the names are the
same here.
"""

from typing import Any

from botocore.exceptions import ClientError
from localstack.services.stepfunctions.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task import (
    state_task_lambda,
)

# LocalStack's names for faults of its own.
_OWN_FAULTS = {"InternalError", "InternalFailure", "Exception"}


def name_of(error: ClientError) -> str:
    """The name that AWS gives the task's error for this error of Lambda."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return "Lambda.ServiceException" if code in _OWN_FAULTS or not code else f"Lambda.{code}"


def apply() -> None:
    """Rename the error of a task that failed because of Lambda itself."""
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
