"""API Gateway's own errors do not look as the template says.

LocalStack does not read `x-amazon-apigateway-gateway-responses`, which SAM makes from
`GatewayResponses`. Of gateway responses that were put otherwise it uses only the status code, not
the templates and headers, and it answers a fault of its own with the exception's text. Repaired:
they are read, and rendered as on AWS, by plain substitution and not as VTL; a fault of LocalStack
itself is a DEFAULT_5XX.
"""

import json
import logging
import re
from typing import Any
from urllib.parse import quote

from localstack.http import Response
from localstack.services.apigateway.helpers import OpenAPIExt, get_apigateway_store
from localstack.services.apigateway.legacy import provider
from localstack.services.apigateway.next_gen.execute_api.gateway_response import (
    BaseGatewayException,
    InternalServerError,
    build_gateway_response,
    get_gateway_response_or_default,
)
from localstack.services.apigateway.next_gen.execute_api.handlers.gateway_exception import (
    GatewayExceptionHandler,
)
from localstack.services.apigateway.next_gen.execute_api.parameters_mapping import ParametersMapper
from werkzeug.datastructures import Headers

LOG = logging.getLogger(__name__)

_VARIABLE = re.compile(r"\$(?:context\.([\w.]*\w)|\{context\.([\w.]*\w)\})")
_HEADER = "gatewayresponse.header."
_JSON = "application/json"
# A path is inserted unchanged; on AWS it cannot contain these characters.
_NOT_IN_A_PATH = re.compile(r'["\\\x00-\x1f]')


def apply() -> None:
    """Read gateway responses on import, and render them."""
    provider.import_api_from_openapi_spec = _with_gateway_responses(
        provider.import_api_from_openapi_spec
    )
    GatewayExceptionHandler.__call__ = _answering(GatewayExceptionHandler.__call__)
    GatewayExceptionHandler.create_exception_response = _rendered


def _with_gateway_responses(read: Any) -> Any:
    def wrapped(rest_api: Any, context: Any, open_api_spec: Any, mode: str) -> Any:
        result = read(rest_api, context=context, open_api_spec=open_api_spec, mode=mode)
        stored = get_apigateway_store(context=context).rest_apis[rest_api.id].gateway_responses
        if mode == "overwrite":
            stored.clear()
        for kind, wanted in (open_api_spec.get(OpenAPIExt.GATEWAY_RESPONSES) or {}).items():
            status = wanted.get("statusCode")
            stored[kind] = build_gateway_response(
                kind,
                status_code=str(status) if status else None,
                response_parameters=wanted.get("responseParameters"),
                response_templates=wanted.get("responseTemplates"),
                default_response=False,
            )
        return result

    return wrapped


def _answering(call: Any) -> Any:
    def wrapped(self: Any, chain: Any, exception: Exception, context: Any, response: Any) -> None:
        if not isinstance(exception, BaseGatewayException):
            LOG.warning("a fault of the gateway itself: %r", exception)
            exception = InternalServerError("Internal server error")
        call(self, chain, exception, context, response)

    return wrapped


def _rendered(_: Any, exception: Any, context: Any) -> Response:
    wanted = get_gateway_response_or_default(
        exception.type, context.deployment.rest_api.gateway_responses
    )
    templates = wanted["responseTemplates"]
    accepted = context.invocation_request["headers"].get("Accept")
    kind = next((one for one in (accepted, _JSON) if one in templates), next(iter(templates)))
    headers = Headers({"Content-Type": kind, "x-amzn-ErrorType": exception.code})
    headers.update(_parameters(wanted["responseParameters"], context))
    body = _VARIABLE.sub(lambda found: _value(found[1] or found[2], context), templates[kind])
    status = wanted.get("statusCode") or exception.status_code or 500
    return Response(response=body, headers=headers, status=status)


def _parameters(wanted: dict[str, str], context: Any) -> dict[str, str]:
    """The headers of a gateway response, without those that have no value."""
    headers = {}
    for name, source in wanted.items():
        if name.startswith(_HEADER):
            values = ParametersMapper().map_integration_request(
                {f"integration.request.header.{name.removeprefix(_HEADER)}": source},
                context.invocation_request,
                context.context_variables,
                context.stage_variables or {},
            )
            headers.update(values["header"])
    return headers


def _value(name: str, context: Any) -> str:
    value: Any = context.context_variables
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if name == "error.messageString":
        return json.dumps(value)
    text = "" if value is None else str(value)
    return _NOT_IN_A_PATH.sub(lambda found: quote(found[0]), text) if name == "path" else text
