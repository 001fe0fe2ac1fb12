"""API Gateway's own errors look as the template says."""

import http.client
import json
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

CODE = """
import json, os, time

def handler(event, context):
    match event["path"]:
        case "/crash":
            os._exit(1)
        case "/slow":
            time.sleep(5)
        case "/raise":
            raise ValueError("a secret")
        case "/odd":
            return {"statusCode": "many"}
        case "/broken":
            return {"headers": {"Name": "a secret\\nof two lines"}}
    return {"body": "fine"}
"""
PATHS = ("/fine", "/crash", "/slow", "/raise", "/odd", "/broken")


def response(status: int | None, template: str, **headers: str) -> dict[str, Any]:
    """A gateway response as SAM writes it into the definition."""
    parameters = {f"gatewayresponse.header.{name}": value for name, value in headers.items()}
    written = {
        "responseParameters": parameters,
        "responseTemplates": {"application/json": template},
    }
    return written | ({"statusCode": str(status)} if status else {})


RESPONSES = {
    "MISSING_AUTHENTICATION_TOKEN": response(
        404,
        '{"kind":"$context.error.responseType","detail":$context.error.messageString,'
        '"at":"$context.path","id":"$context.requestId","price":"$5"}',
        **{"Content-Type": "'application/problem+json'", "X-Request-ID": "context.requestId"},
    ),
    "DEFAULT_5XX": response(502, '{"kind":"${context.error.responseType}"}', Again="'1'"),
}

type Get = Callable[..., tuple[int, dict[str, str], Any]]


@pytest.fixture(scope="module")
def definition(emulator: Any) -> dict[str, Any]:
    name = emulator.deploy(CODE, Timeout=1)
    arn = emulator.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri}
    method = {"post": {"responses": {}, "x-amazon-apigateway-integration": integration}}
    return {
        "swagger": "2.0",
        "info": {"title": "api"},
        "paths": dict.fromkeys(PATHS, method),
        "x-amazon-apigateway-gateway-responses": RESPONSES,
    }


@pytest.fixture(scope="module")
def api(emulator: Any, definition: dict[str, Any]) -> str:
    """An API whose functions fail in every way, with gateway responses of its own."""
    gateway = emulator.client("apigateway")
    api = gateway.create_rest_api(name="api")["id"]
    put(emulator, api, definition)
    return str(api)


def put(emulator: Any, api: str, definition: dict[str, Any]) -> None:
    """Imports and deploys the definition."""
    gateway = emulator.client("apigateway")
    gateway.put_rest_api(restApiId=api, mode="overwrite", body=json.dumps(definition).encode())
    gateway.create_deployment(restApiId=api, stageName="v1")


@pytest.fixture
def post(emulator: Any, api: str) -> Get:
    """Posts to a path; returns status, headers and the JSON of the answer."""

    def send(path: str, body: bytes = b"{}") -> tuple[int, dict[str, str], Any]:
        connection = http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=30)
        with closing(connection):
            connection.request("POST", f"/_aws/execute-api/{api}/v1{path}", body)
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, headers, json.loads(answer.read())

    return send


def test_an_unknown_path_is_answered_by_the_template(post: Get) -> None:
    status, headers, body = post("/nowhere")
    assert status == 404
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-request-id"] == body["id"] == headers["x-amzn-requestid"]
    assert body == {
        "kind": "MISSING_AUTHENTICATION_TOKEN",
        "detail": "Missing Authentication Token",
        "at": "/v1/nowhere",
        "id": body["id"],
        "price": "$5",
    }


def test_a_path_cannot_break_out_of_the_template(post: Get) -> None:
    _, _, body = post('/a"b\\c$context.stage')
    assert body["at"] == "/v1/a%22b%5Cc$context.stage"


@pytest.mark.parametrize("path", PATHS[1:])
def test_a_function_that_fails_is_a_5xx_without_its_text(post: Get, path: str) -> None:
    status, headers, body = post(path)
    assert (status, headers["again"]) == (502, "1")
    assert body["kind"] in ("DEFAULT_5XX", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT")


def test_a_response_that_is_taken_back_is_gone(
    emulator: Any, api: str, definition: dict[str, Any], post: Get
) -> None:
    """Last in this file: it changes the API."""
    kept = {"DEFAULT_4XX": response(None, '{"kind":"default"}')}
    put(emulator, api, definition | {"x-amazon-apigateway-gateway-responses": kept})
    assert post("/nowhere")[::2] == (403, {"kind": "default"})
