"""Bedrock: what only its API has, and that the stub speaks as boto3 understands it."""

import json

import boto3
import pytest

from deskhand.errors import (
    ModelOutputInvalid,
    ModelRateLimited,
    ModelRefused,
    ModelUnavailable,
)
from deskhand.models.base import Prompt
from deskhand.settings.environment import SettingInvalid
from tests.wire.models.adapters import Colour, Connect
from tests.wire.models.faults import answers
from tests.wire.models.model_server import ModelServer, envelope, says

pytestmark = pytest.mark.parametrize("connect", ["bedrock"], indirect=True)

BLUE = '{"colour": "blue", "sure": 0.9}'


def test_the_stub_speaks_as_boto3_understands_it(connect: Connect) -> None:
    """F-E1"""
    with ModelServer(says(BLUE)) as server:
        client = boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url=server.url)
        answer = client.converse(
            modelId="m", messages=[{"role": "user", "content": [{"text": "x"}]}]
        )
        client.close()
    used = answer["output"]["message"]["content"][0]["toolUse"]
    assert used["input"] == {"colour": "blue", "sure": 0.9}
    assert (answer["stopReason"], answer["usage"]["totalTokens"]) == ("tool_use", 18)


def test_the_request_is_signed_for_its_region_and_names_the_model(
    connect: Connect, prompt: Prompt
) -> None:
    """F-E1"""
    with ModelServer(says(BLUE)) as server:
        connect(server.url).complete(prompt, Colour)
        path, headers, _ = server.requests[0]
    assert path == "/model/vendor.m-v1%3A0/converse"
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=testing/")
    assert "/eu-central-1/bedrock/aws4_request" in headers["Authorization"]
    assert headers["Host"] == server.url.removeprefix("http://")


def test_the_tool_is_forced(connect: Connect, prompt: Prompt) -> None:
    """F-E1 F-E3"""
    with ModelServer(says(BLUE)) as server:
        connect(server.url).complete(prompt, Colour)
        assert server.requests[0][2]["toolConfig"]["toolChoice"] == {"tool": {"name": "colour"}}


NAMED = {
    "ThrottlingException": (429, ModelRateLimited),
    "ServiceQuotaExceededException": (400, ModelRateLimited),
    "ModelNotReadyException": (429, ModelUnavailable),
    "ModelTimeoutException": (408, ModelUnavailable),
    "ModelErrorException": (424, ModelUnavailable),
    "InternalServerException": (500, ModelUnavailable),
    "ServiceUnavailableException": (503, ModelUnavailable),
    "AccessDeniedException": (403, ModelRefused),
    "ValidationException": (400, ModelRefused),
    "ResourceNotFoundException": (404, ModelRefused),
    "ExpiredTokenException": (403, ModelRefused),
}


@pytest.mark.parametrize("name", NAMED)
def test_its_errors_have_our_names(connect: Connect, prompt: Prompt, name: str) -> None:
    """F-E1"""
    status, error = NAMED[name]
    act = answers(status, {"message": "about sk-secret"}, x_amzn_ErrorType=f"{name}:http://x/")
    with ModelServer(act) as server:
        with pytest.raises(error) as raised:
            connect(server.url).complete(prompt, Colour)
        assert len(server.requests) == 1
    assert "sk-secret" not in str(raised.value)


REFUSED = {
    "This model doesn't support the toolConfig.toolChoice.tool field. Remove it.": "toolChoice",
    "`temperature` and `top_p` cannot both be specified for this model.": "temperature",
    "Malformed input request: #: extraneous key [top_k] is not permitted": "top_k",
    "The value at inferenceConfig.topP is not supported": "topP",
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_a_model_lacks_is_left_out_from_then_on(
    connect: Connect, prompt: Prompt, message: str
) -> None:
    """F-E1"""
    refused = answers(400, {"message": message}, x_amzn_ErrorType="ValidationException")
    with ModelServer(refused, says(BLUE)) as server:
        model = connect(server.url, top_p=0.5, top_k=4)
        model.complete(prompt, Colour)
        model.complete(prompt, Colour)
        sent = [REFUSED[message] in asked.options for asked in server.asked]
        assert all(asked.options["maxTokens"] == 1024 for asked in server.asked)
    assert sent == [True, False, False]


STOPPED = {
    "guardrail_intervened": (ModelRefused, 1),
    "content_filtered": (ModelRefused, 1),
    "max_tokens": (ModelOutputInvalid, 2),
    "model_context_window_exceeded": (ModelOutputInvalid, 2),
    "malformed_model_output": (ModelOutputInvalid, 2),
    "malformed_tool_use": (ModelOutputInvalid, 2),
}


@pytest.mark.parametrize("reason", STOPPED)
def test_an_answer_that_was_stopped_is_not_taken(
    connect: Connect, prompt: Prompt, reason: str
) -> None:
    """F-E3: whatever it says by then."""
    error, asked = STOPPED[reason]
    answer = json.loads(envelope("/converse", BLUE)) | {"stopReason": reason}
    with ModelServer(answers(200, answer)) as server:
        with pytest.raises(error):
            connect(server.url).complete(prompt, Colour)
        assert len(server.requests) == asked


def test_a_model_that_is_not_forced_may_answer_in_words(connect: Connect, prompt: Prompt) -> None:
    with ModelServer(says(f"Here it is:\n{BLUE}")) as server:
        value = connect(server.url).complete(prompt, Colour).value
    assert value.colour == "blue"


def test_nova_has_its_own_place_for_top_k(connect: Connect, prompt: Prompt) -> None:
    """F-E9"""
    with ModelServer(says(BLUE)) as server:
        model = connect(server.url, model="eu.amazon.nova-lite-v1:0", top_k=4)
        model.complete(prompt, Colour)
        body = server.requests[0][2]
    assert body["additionalModelRequestFields"] == {"inferenceConfig": {"topK": 4}}


def test_without_a_region_the_variable_is_named(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-E9"""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(boto3, "_get_default_session", boto3.session.Session)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(SettingInvalid, match="BEDROCK_REGION"):
        connect("", region="")


def test_without_credentials_no_retry_helps(
    connect: Connect, prompt: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setattr(boto3, "_get_default_session", boto3.session.Session)
    with ModelServer(says(BLUE)) as server:
        with pytest.raises(ModelRefused, match="credentials"):
            connect(server.url).complete(prompt, Colour)
        assert server.requests == []
