"""A changed API keeps its old paths, or the deployment fails.

LocalStack's CloudFormation cannot update AWS::ApiGateway::RestApi and AWS::ApiGateway::Stage: it
logs a warning, reports success and changes nothing. Repaired: the API takes the new definition
under its id, and the stage moves to the new deployment.
"""

import json
from typing import Any

from localstack.services.apigateway.resource_providers.aws_apigateway_restapi import (
    ApiGatewayRestApiProvider,
)
from localstack.services.apigateway.resource_providers.aws_apigateway_stage import (
    ApiGatewayStageProvider,
)
from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent


def apply() -> None:
    """Add the missing operations."""
    ApiGatewayRestApiProvider.update = _update_api
    ApiGatewayStageProvider.update = _update_stage


def _update_api(_: ApiGatewayRestApiProvider, request: Any) -> Any:
    gateway = request.aws_client_factory.apigateway
    wanted, known = request.desired_state, request.previous_state
    api_id = known["RestApiId"]
    changed = any(wanted.get(name) != known.get(name) for name in ("Body", "BodyS3Location"))
    body = _definition(request) if changed else None
    if body is not None:
        gateway.put_rest_api(
            restApiId=api_id,
            mode=wanted.get("Mode", "overwrite"),
            parameters={"basepath": "ignore"} | (wanted.get("Parameters") or {}),
            body=body,
        )
    texts = {"Name": "/name", "Description": "/description"}
    operations = _replacements(known, wanted, texts)
    if operations:
        gateway.update_rest_api(restApiId=api_id, patchOperations=operations)
    return _done(known | wanted | {"RestApiId": api_id, "RootResourceId": _root(gateway, api_id)})


def _definition(request: Any) -> bytes | None:
    wanted = request.desired_state
    if body := wanted.get("Body"):
        return (body if isinstance(body, str) else json.dumps(body)).encode()
    if not (place := wanted.get("BodyS3Location")):
        return None
    version = {"VersionId": place["Version"]} if place.get("Version") else {}
    s3 = request.aws_client_factory.s3
    stored = s3.get_object(Bucket=place["Bucket"], Key=place["Key"], **version)
    content: bytes = stored["Body"].read()
    return content


def _root(gateway: Any, api_id: str) -> str:
    pages = gateway.get_paginator("get_resources").paginate(restApiId=api_id)
    items = [item for page in pages for item in page["items"]]
    return next(str(item["id"]) for item in items if item["path"] == "/")


def _update_stage(_: ApiGatewayStageProvider, request: Any) -> Any:
    gateway = request.aws_client_factory.apigateway
    wanted, known = request.desired_state, request.previous_state
    texts = {"DeploymentId": "/deploymentId", "Description": "/description"}
    operations = _replacements(known, wanted, texts) + _variable_changes(known, wanted)
    if operations:
        gateway.update_stage(
            restApiId=known["RestApiId"],
            stageName=known["StageName"],
            patchOperations=operations,
        )
    return _done(known | wanted)


def _replacements(known: Any, wanted: Any, paths: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"op": "replace", "path": path, "value": str(wanted[name])}
        for name, path in paths.items()
        if wanted.get(name) and wanted[name] != known.get(name)
    ]


def _variable_changes(known: Any, wanted: Any) -> list[dict[str, str]]:
    before, after = known.get("Variables") or {}, wanted.get("Variables") or {}
    removed = [{"op": "remove", "path": f"/variables/{name}"} for name in before.keys() - after]
    changed = [
        {"op": "replace", "path": f"/variables/{name}", "value": str(value)}
        for name, value in after.items()
        if before.get(name) != value
    ]
    return removed + changed


def _done(model: dict[str, Any]) -> Any:
    return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=model)
