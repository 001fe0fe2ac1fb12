"""Servers that are OpenAI-compatible: nothing but the base URL (and the key) is set for them.

Each answers in the words of its kind: other paths, key headers, refused parameters, error shapes.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deskhand.errors import ModelRateLimited, ModelRefused, ModelUnavailable
from deskhand.models.adapters.openai import OpenAI
from deskhand.models.base import Prompt
from tests.wire.models.adapters import Colour
from tests.wire.models.faults import answers, sends
from tests.wire.models.model_server import Act, Handler, ModelServer, envelope, says

BLUE = '{"colour": "blue", "sure": 0.9}'

type Open = Callable[..., OpenAI]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Makes an adapter for a base URL."""
    made: list[OpenAI] = []

    def adapter(base_url: str, **options: Any) -> OpenAI:
        made.append(OpenAI("a-model", base_url=base_url, api_key="the-key", timeout=60, **options))
        return made[-1]

    yield adapter
    for each in made:
        each.close()


PATHS = {
    "OpenAI": ("/v1", "/v1/chat/completions"),
    "trailing slash": ("/v1/", "/v1/chat/completions"),
    "Azure": ("/openai/v1/", "/openai/v1/chat/completions"),
    "Gemini": ("/v1beta/openai/", "/v1beta/openai/chat/completions"),
    "OpenRouter": ("/api/v1", "/api/v1/chat/completions"),
}


@pytest.mark.parametrize(("base", "path"), PATHS.values(), ids=PATHS.keys())
def test_the_key_goes_as_bearer_to_the_bases_path(
    opened: Open, prompt: Prompt, base: str, path: str
) -> None:
    """F-E1"""
    with ModelServer(says(BLUE)) as server:
        opened(server.url + base).complete(prompt, Colour)
        asked, headers, body = server.requests[0]
    assert asked == path
    assert headers["Authorization"] == "Bearer the-key"
    assert body["model"] == "a-model"


@pytest.mark.parametrize("base", ["/openai", "/openai/", "/openai/deployments/a-model"])
def test_azures_dated_api_has_another_header_and_the_deployment_in_its_path(
    opened: Open, prompt: Prompt, base: str
) -> None:
    """F-E1"""
    with ModelServer(says(BLUE)) as server:
        opened(f"{server.url}{base}?api-version=2024-10-21").complete(prompt, Colour)
        path, headers, _ = server.requests[0]
    assert path == "/openai/deployments/a-model/chat/completions?api-version=2024-10-21"
    assert headers["api-key"] == "the-key"
    assert "Authorization" not in headers


def refusing(*names: str, as_: Callable[[str], Act]) -> Act:
    """A server that knows none of these parameters and names the first one it meets."""

    def act(handler: Handler) -> None:
        body = handler.server.requests[-1][2]
        unknown = next((name for name in names if name in body), None)
        (as_(unknown) if unknown else says(BLUE))(handler)

    return act


COMPLAINTS: dict[str, Callable[[str], Act]] = {
    "OpenAI": lambda name: answers(
        400, {"error": {"message": f"Unsupported value: '{name}'", "param": name}}
    ),
    "OpenAI, no param": lambda name: answers(
        400, {"error": {"message": f"Unrecognized request argument supplied: {name}"}}
    ),
    "Gemini": lambda name: answers(
        400,
        [
            {
                "error": {
                    "code": 400,
                    "message": f'Invalid JSON payload received. Unknown name "{name}": no field.',
                    "status": "INVALID_ARGUMENT",
                }
            }
        ],
    ),
    "vLLM": lambda name: answers(
        400,
        {"object": "error", "message": f"{name} is not supported", "param": None, "code": 400},
    ),
    "Mistral": lambda name: answers(
        422,
        {"detail": [{"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs"}]},
    ),
}


@pytest.mark.parametrize("complain", COMPLAINTS.values(), ids=COMPLAINTS.keys())
@pytest.mark.parametrize("name", ["temperature", "top_p", "top_k"])
def test_a_refused_parameter_is_left_out_from_then_on(
    opened: Open, prompt: Prompt, name: str, complain: Callable[[str], Act]
) -> None:
    """F-E1"""
    with ModelServer(refusing(name, as_=complain)) as server:
        adapter = opened(f"{server.url}/v1", temperature=0.1, top_p=0.5, top_k=4)
        adapter.complete(prompt, Colour)
        adapter.complete(prompt, Colour)
        sent = [name in body for _, _, body in server.requests]
    assert sent == [True, False, False]


@pytest.mark.parametrize("complain", COMPLAINTS.values(), ids=COMPLAINTS.keys())
def test_a_server_that_knows_nothing_new_is_still_asked_with_a_limit(
    opened: Open, prompt: Prompt, complain: Callable[[str], Act]
) -> None:
    """F-E1"""
    old = refusing(
        "temperature", "top_p", "top_k", "max_completion_tokens", "response_format", as_=complain
    )
    with ModelServer(old) as server:
        adapter = opened(f"{server.url}/v1", temperature=0.1, top_p=0.5, top_k=4)
        assert adapter.complete(prompt, Colour).value.colour == "blue"
        last = server.requests[-1][2]
        assert len(server.requests) == 7
    assert last["max_tokens"] == 1024
    assert last.keys() == {"model", "messages", "max_tokens"}


def test_without_a_schema_parameter_the_schema_is_told(opened: Open, prompt: Prompt) -> None:
    """F-E1"""
    plain = {"error": {"message": "This response_format type is unavailable now"}}
    with ModelServer(answers(400, plain), says(BLUE)) as server:
        opened(f"{server.url}/v1").complete(prompt, Colour)
        _, _, body = server.requests[1]
    assert body["response_format"] == {"type": "json_object"}
    assert '"enum": ["red", "blue"]' in body["messages"][0]["content"]


def test_other_bad_requests_are_refusals(opened: Open, prompt: Prompt) -> None:
    bad = {"error": {"message": "too long", "param": "messages"}}
    with ModelServer(answers(400, bad)) as server:
        with pytest.raises(ModelRefused):
            opened(f"{server.url}/v1").complete(prompt, Colour)
        assert len(server.requests) == 1


def test_a_server_that_refuses_everything_is_not_asked_for_ever(
    opened: Open, prompt: Prompt
) -> None:
    all_of_it = "temperature top_p top_k max_completion_tokens max_tokens response_format"
    with ModelServer(answers(400, {"error": {"message": all_of_it}})) as server:
        with pytest.raises(ModelRefused):
            opened(f"{server.url}/v1", top_p=0.5, top_k=4).complete(prompt, Colour)
        assert len(server.requests) <= 7


def test_an_empty_account_is_not_a_rate_limit(opened: Open, prompt: Prompt) -> None:
    quota = {"error": {"message": "no money", "code": "insufficient_quota"}}
    with ModelServer(answers(429, quota)) as server, pytest.raises(ModelRefused):
        opened(f"{server.url}/v1").complete(prompt, Colour)


@pytest.mark.parametrize(
    ("code", "error"), [(429, ModelRateLimited), (502, ModelUnavailable), (402, ModelRefused)]
)
def test_a_gateways_error_inside_a_200(
    opened: Open, prompt: Prompt, code: int, error: type[Exception]
) -> None:
    """F-E1"""
    body = {"error": {"code": code, "message": "provider returned error"}, "user_id": "u"}
    with ModelServer(answers(200, body)) as server, pytest.raises(error):
        opened(f"{server.url}/api/v1").complete(prompt, Colour)


def test_a_wrong_key_of_gemini_is_a_refusal(opened: Open, prompt: Prompt) -> None:
    body = [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}]
    with ModelServer(answers(400, body)) as server, pytest.raises(ModelRefused):
        opened(f"{server.url}/v1beta/openai").complete(prompt, Colour)


def changed(**choice: Any) -> Act:
    """An answer whose message or choice differs from OpenAI's."""
    body = json.loads(envelope("/v1", BLUE))
    body["choices"][0] |= choice
    return answers(200, body)


@pytest.mark.parametrize("content", [None, BLUE])
def test_what_a_content_filter_stopped_is_a_refusal(
    opened: Open, prompt: Prompt, content: str | None
) -> None:
    """F-E3: whatever it let through."""
    stopped = changed(message={"content": content}, finish_reason="content_filter")
    with ModelServer(stopped) as server:
        with pytest.raises(ModelRefused):
            opened(f"{server.url}/v1").complete(prompt, Colour)
        assert len(server.requests) == 1


ANSWERS = {
    "keep-alive white space": sends(b"\n \n \n" + envelope("/v1", BLUE)),
    "content in parts": changed(message={"content": [{"type": "text", "text": BLUE}]}),
    "reasoning beside": changed(message={"content": BLUE, "reasoning_content": "hm", "role": "a"}),
    "thoughts inside": says(f"<think>\nred? no\n</think>\n\n{BLUE}"),
    "no usage": answers(200, {"choices": [{"message": {"content": BLUE}}]}),
    "usage of nulls": answers(
        200, {"choices": [{"message": {"content": BLUE}}], "usage": {"prompt_tokens": None}}
    ),
    "other finish": changed(finish_reason="STOP"),
}


@pytest.mark.parametrize("act", ANSWERS.values(), ids=ANSWERS.keys())
def test_other_ways_to_answer(opened: Open, prompt: Prompt, act: Act) -> None:
    """F-E1"""
    with ModelServer(act) as server:
        assert opened(f"{server.url}/v1").complete(prompt, Colour).value.colour == "blue"
        assert len(server.requests) == 1
