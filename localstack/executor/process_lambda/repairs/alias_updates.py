"""An alias stays at its first version.

LocalStack's CloudFormation cannot update AWS::Lambda::Alias: with AutoPublishAlias, the second
deployment publishes a version that no alias points to. Repaired: the alias moves to the new
version.
"""

from typing import Any

from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent
from localstack.services.lambda_.resource_providers.lambda_alias import LambdaAliasProvider


def apply() -> None:
    """Add the missing operation."""
    LambdaAliasProvider.update = _update


def _update(_: LambdaAliasProvider, request: Any) -> Any:
    awslambda = request.aws_client_factory.lambda_
    wanted, known = request.desired_state, request.previous_state
    awslambda.update_alias(
        FunctionName=known["FunctionName"],
        Name=known["Name"],
        FunctionVersion=wanted["FunctionVersion"],
        Description=wanted.get("Description", ""),
    )
    _set_provisioned(awslambda, known, wanted.get("ProvisionedConcurrencyConfig"))
    return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=known | wanted)


def _set_provisioned(awslambda: Any, known: Any, wanted: Any) -> None:
    alias = {"FunctionName": known["FunctionName"], "Qualifier": known["Name"]}
    if wanted == known.get("ProvisionedConcurrencyConfig"):
        return
    if wanted:
        count = int(wanted["ProvisionedConcurrentExecutions"])
        awslambda.put_provisioned_concurrency_config(**alias, ProvisionedConcurrentExecutions=count)
    else:
        awslambda.delete_provisioned_concurrency_config(**alias)
