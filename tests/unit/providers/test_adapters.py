"""One suite for all adapters, over real HTTP: each fault ends in a value or a named error."""

import gzip
import json
import socket
import time
import tracemalloc
from dataclasses import replace

import pytest

from deskhand.errors import ModelOutputInvalid, ModelRateLimited, ModelRefused, ModelUnavailable
from deskhand.providers.base import Prompt
from tests.unit.providers.conftest import Colour, Connect
from tests.unit.providers.model_server import (
    Act,
    Handler,
    ModelServer,
    answers,
    drips,
    envelope,
    hangs,
    refuses,
    resets,
    says,
    sends,
)

BLUE = '{"colour": "blue", "sure": 0.9}'


def test_an_answer_is_a_completion(connect: Connect, prompt: Prompt) -> None:
    """F-E1, F-E8"""
    with ModelServer(says(BLUE)) as server:
        adapter = connect(server.url)
        completion = adapter.complete(prompt, Colour)
    assert completion.value == Colour(colour="blue", sure=0.9)
    assert (completion.provider, completion.model) == (adapter.name, "m")
    assert (completion.input_tokens, completion.output_tokens) == (11, 7)
    assert completion.prompt_version == "v1"
    assert completion.raw == BLUE
    assert completion.latency_ms >= 0


def test_the_schema_goes_to_the_model_closed_and_required(connect: Connect, prompt: Prompt) -> None:
    with ModelServer(says(BLUE)) as server:
        connect(server.url).complete(prompt, Colour)
        _, _, body = server.requests[0]
    form = body.get("format") or body["response_format"]["json_schema"]["schema"]
    assert form["required"] == ["colour", "sure"]
    assert form["additionalProperties"] is False
    assert form["properties"]["colour"]["enum"] == ["red", "blue"]
    assert [m["role"] for m in body["messages"]] == ["system", "user"]


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{BLUE}\n```",
        f"Sure! Here you are:\n```\n{BLUE}\n```\nAnything else?",
        f"The sky {{as ever}} is {BLUE}, I think.",
        '  \n{"colour": "blue", "sure": 0.9, "sla": "5 minutes"}\n',
    ],
    ids=["fenced", "prose and fence", "prose", "unknown field"],
)
def test_wrapping_is_stripped(connect: Connect, prompt: Prompt, text: str) -> None:
    """F-E3"""
    with ModelServer(says(text)) as server:
        assert connect(server.url).complete(prompt, Colour).value.colour == "blue"
        assert len(server.requests) == 1


UNUSABLE = {
    "empty": "",
    "no JSON": "It is blue.",
    "cut off inside": BLUE[:-6],
    "list": f"[{BLUE}, {BLUE}]",
    "wrong enum": '{"colour": "green", "sure": 0.9}',
    "missing field": '{"colour": "blue"}',
    "NaN": '{"colour": "blue", "sure": NaN}',
    "doubled member": '{"colour": "red", "colour": "blue", "sure": 0.9}',
    "deep": "[" * 50_000,
    "long number": '{"colour": "blue", "sure": ' + "9" * 5000 + "}",
}


@pytest.mark.parametrize("text", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_an_unusable_answer_is_sent_back_once(connect: Connect, prompt: Prompt, text: str) -> None:
    """F-E3"""
    with ModelServer(says(text), says(BLUE)) as server:
        completion = connect(server.url).complete(prompt, Colour)
        assert completion.value.colour == "blue"
        assert completion.input_tokens == 22  # both calls are counted
        repair = server.requests[1][2]["messages"][-1]["content"]
    assert "cannot be used" in repair


@pytest.mark.parametrize("text", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_unusable_twice_is_an_error_that_quotes_nothing(
    connect: Connect, prompt: Prompt, text: str
) -> None:
    """F-E3"""
    with ModelServer(says(text)) as server:
        with pytest.raises(ModelOutputInvalid) as raised:
            connect(server.url).complete(prompt, Colour)
        assert len(server.requests) == 2
    assert len(str(raised.value)) <= 500
    assert "green" not in str(raised.value)


def test_a_truncated_answer_is_not_taken_for_a_whole_one(connect: Connect, prompt: Prompt) -> None:
    with ModelServer(says(BLUE, finish="length"), says(BLUE)) as server:
        connect(server.url).complete(prompt, Colour)
        assert "cut off" in server.requests[1][2]["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (answers(429, {"error": {"message": "slow down"}}), ModelRateLimited),
        (answers(500, {"error": "boom"}), ModelUnavailable),
        (answers(503, {"error": "boom"}), ModelUnavailable),
        (answers(401, {"error": {"message": "bad key sk-secret"}}), ModelRefused),
        (answers(404, {"error": "model 'm' not found"}), ModelRefused),
        (sends(b"<html>Welcome</html>", "text/html"), ModelUnavailable),
        (sends(b'{"choices": [], "message": nul'), ModelUnavailable),
        (answers(200, {"choices": [], "done": False}), ModelUnavailable),
        (answers(200, []), ModelUnavailable),
        (resets(), ModelUnavailable),
    ],
    ids=["429", "500", "503", "401", "404", "html", "broken", "no choice", "list", "reset"],
)
def test_faults_have_our_names_and_no_retry(
    connect: Connect, prompt: Prompt, act: Act, error: type[Exception]
) -> None:
    with ModelServer(act) as server:
        with pytest.raises(error) as raised:
            connect(server.url).complete(prompt, Colour)
        assert len(server.requests) == 1
    assert "sk-secret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_connection_refused(connect: Connect, prompt: Prompt) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(ModelUnavailable):
            connect(url).complete(prompt, Colour)


@pytest.mark.parametrize(
    "script",
    [
        [hangs()],
        [drips(BLUE)],
        [drips(BLUE, headers_too=True)],
        [says("no"), hangs()],
    ],
    ids=["hang", "drip", "headers drip", "hang in the repair"],
)
def test_the_deadline_is_total(connect: Connect, prompt: Prompt, script: list[Act]) -> None:
    with ModelServer(*script) as server:
        adapter = connect(server.url, timeout=0.4)
        started = time.monotonic()
        with pytest.raises(ModelUnavailable):
            adapter.complete(prompt, Colour)
        assert time.monotonic() - started < 0.9


def test_a_deadline_does_not_outlive_its_call(connect: Connect, prompt: Prompt) -> None:
    with ModelServer(hangs(1.0), says(BLUE)) as server:
        adapter = connect(server.url, timeout=0.3)
        with pytest.raises(ModelUnavailable):
            adapter.complete(prompt, Colour)
        assert adapter.complete(prompt, Colour).value.colour == "blue"


def test_the_connection_is_kept(connect: Connect, prompt: Prompt) -> None:
    with ModelServer(says(BLUE)) as server:
        adapter = connect(server.url)
        for _ in range(3):
            adapter.complete(prompt, Colour)
        assert (len(server.requests), server.connections) == (3, 1)


def test_a_huge_answer_is_not_read(connect: Connect, prompt: Prompt) -> None:
    huge = envelope("/v1/chat/completions", "x" * 10_000_000)
    with ModelServer(sends(huge)) as server:
        adapter = connect(server.url)
        tracemalloc.start()
        with pytest.raises(ModelOutputInvalid):
            adapter.complete(prompt, Colour)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    # The server's own copy is in here too, made before; the client's share must be small.
    assert peak < 3_000_000


def test_a_compressed_answer_is_neither_asked_for_nor_unpacked(
    connect: Connect, prompt: Prompt
) -> None:
    bomb = gzip.compress(b" " * 50_000_000)

    def act(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(bomb)))
        handler.end_headers()
        handler.wfile.write(bomb)

    with ModelServer(act) as server:
        with pytest.raises(ModelUnavailable):
            connect(server.url).complete(prompt, Colour)
        assert server.requests[0][1]["Accept-Encoding"] == "identity"


def test_a_redirect_is_not_followed(connect: Connect, prompt: Prompt) -> None:
    def elsewhere(handler: Handler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "http://127.0.0.1:9/")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with ModelServer(elsewhere) as server, pytest.raises(ModelRefused):
        connect(server.url).complete(prompt, Colour)


@pytest.mark.parametrize("connect", ["openai"], indirect=True)
class TestOpenAI:
    def test_a_refusal_is_not_repaired(self, connect: Connect, prompt: Prompt) -> None:
        with ModelServer(refuses()) as server:
            with pytest.raises(ModelRefused):
                connect(server.url).complete(prompt, Colour)
            assert len(server.requests) == 1

    def test_an_empty_account_is_not_a_rate_limit(self, connect: Connect, prompt: Prompt) -> None:
        quota = {"error": {"message": "no money", "code": "insufficient_quota"}}
        with ModelServer(answers(429, quota)) as server, pytest.raises(ModelRefused):
            connect(server.url).complete(prompt, Colour)

    def test_parameters_that_a_model_does_not_know_are_left_out(
        self, connect: Connect, prompt: Prompt
    ) -> None:
        unknown = {"error": {"message": "unsupported", "param": "temperature"}}
        with ModelServer(answers(400, unknown), says(BLUE)) as server:
            adapter = connect(server.url)
            adapter.complete(prompt, Colour)
            adapter.complete(prompt, Colour)
            bodies = [json.dumps(body) for _, _, body in server.requests]
        assert ["temperature" in body for body in bodies] == [True, False, False]

    def test_other_bad_requests_are_refusals(self, connect: Connect, prompt: Prompt) -> None:
        bad = {"error": {"message": "too long", "param": "messages"}}
        with ModelServer(answers(400, bad)) as server:
            with pytest.raises(ModelRefused):
                connect(server.url).complete(prompt, Colour)
            assert len(server.requests) == 1


@pytest.mark.parametrize("connect", ["ollama"], indirect=True)
def test_ollama_gets_room_for_a_long_prompt(connect: Connect, prompt: Prompt) -> None:
    with ModelServer(says(BLUE)) as server:
        adapter = connect(server.url)
        adapter.complete(prompt, Colour)
        adapter.complete(replace(prompt, user="word " * 4000), Colour)
        sizes = [body["options"]["num_ctx"] for _, _, body in server.requests]
        assert not server.requests[0][2]["stream"]
    assert sizes == [4096, 8192]
