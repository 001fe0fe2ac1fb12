"""What API Gateway answers by itself looks like what the functions answer."""

import json
from http import HTTPStatus
from typing import Any

import pytest

from deskhand.api.problem import Problem
from deskhand.api.router import Api
from tests.contract.template import RESOURCES

RESPONSES: dict[str, Any] = RESOURCES["Api"]["Properties"]["GatewayResponses"]
VALUES = {
    "$context.error.messageString": '"a \\"quoted\\" message"',
    "$context.path": "/v1/nowhere",
    "$context.requestId": "c6af9ac6",
}


def rendered(template: str) -> dict[str, Any]:
    for name, value in VALUES.items():
        template = template.replace(name, value)
    assert "$" not in template
    document: dict[str, Any] = json.loads(template)
    return document


@pytest.mark.parametrize("kind", RESPONSES)
def test_it_is_a_problem_document(kind: str) -> None:
    """F-A14"""
    response = RESPONSES[kind]
    [template] = response["ResponseTemplates"].values()
    problem = rendered(template)
    status = HTTPStatus(int(response["StatusCode"]))
    assert (problem["status"], problem["title"]) == (status, status.phrase)
    assert (problem["type"], problem["errors"]) == ("about:blank", [])
    assert (problem["instance"], problem["request_id"]) == ("/v1/nowhere", "c6af9ac6")
    assert problem["detail"]


def test_it_has_the_members_that_functions_answer() -> None:
    """F-A14"""
    app = Api()

    @app.get("/health")
    def fail() -> None:
        raise Problem(HTTPStatus.NOT_FOUND, "no")

    event: dict[str, Any] = {"httpMethod": "GET", "path": "/health", "headers": {}, "body": None}
    context: Any = None
    reply = app.resolve({**event, "requestContext": {"stage": "v1", "path": "/v1/health"}}, context)
    made = json.loads(reply["body"])
    [template] = RESPONSES["DEFAULT_4XX"]["ResponseTemplates"].values()
    assert rendered(template).keys() == made.keys()


@pytest.mark.parametrize("kind", RESPONSES)
def test_it_has_the_request_id_and_the_media_type(kind: str) -> None:
    """F-A16"""
    headers = RESPONSES[kind]["ResponseParameters"]["Headers"]
    assert headers["X-Request-ID"] == "context.requestId"
    assert headers["Content-Type"] == "'application/problem+json'"
    # The other Accept headers are served with this one, too.
    assert list(RESPONSES[kind]["ResponseTemplates"]) == ["application/json"]


@pytest.mark.parametrize("kind", ["THROTTLED", "INTEGRATION_TIMEOUT", "DEFAULT_5XX"])
def test_it_says_when_to_come_back(kind: str) -> None:
    assert RESPONSES[kind]["ResponseParameters"]["Headers"]["Retry-After"].strip("'").isdigit()


def test_an_unknown_route_is_not_found() -> None:
    """F-A14: API Gateway itself says 403 Missing Authentication Token."""
    assert RESPONSES["MISSING_AUTHENTICATION_TOKEN"]["StatusCode"] == "404"
