"""One suite for all adapters, over real HTTP: what a model is sent, and what its answer becomes."""

import json
import time
from dataclasses import replace
from typing import Annotated, Any, Self

import pytest
from pydantic import BaseModel, Field, model_validator

from deskhand.errors import ModelOutputInvalid
from deskhand.models.base import ANSWER_TOKENS, Prompt
from tests.wire.models.adapters import FORMATS, Colour, Connect
from tests.wire.models.model_server import ModelServer, says

BLUE = '{"colour": "blue", "sure": 0.9}'


def test_an_answer_is_a_completion(connect: Connect, prompt: Prompt) -> None:
    """F-E1 F-E8"""
    with ModelServer(says(BLUE)) as server:
        adapter = connect(server.url)
        completion = adapter.complete(prompt, Colour)
    assert completion.value == Colour(colour="blue", sure=0.9)
    assert (completion.provider, completion.model) == (adapter.name, adapter.model)
    assert (completion.input_tokens, completion.output_tokens) == (11, 7)
    assert completion.prompt_version == "v1"
    assert json.loads(completion.raw) == json.loads(BLUE)
    assert completion.latency_ms >= 0


def test_the_prompt_and_a_closed_schema_go_to_the_model(connect: Connect, prompt: Prompt) -> None:
    """F-E1"""
    with ModelServer(says(BLUE)) as server:
        connect(server.url).complete(prompt, Colour)
        asked = server.asked[0]
    assert asked.system == prompt.system
    assert asked.messages == [{"role": "user", "content": prompt.user}]
    assert asked.schema["required"] == ["colour", "sure"]
    assert asked.schema["additionalProperties"] is False
    assert asked.schema["properties"]["colour"]["enum"] == ["red", "blue"]


class Nested(BaseModel):
    """A list of values of their own type."""

    colours: list[Colour]


def test_a_nested_schema_needs_no_references(connect: Connect, prompt: Prompt) -> None:
    with ModelServer(says(f'{{"colours": [{BLUE}]}}')) as server:
        assert connect(server.url).complete(prompt, Nested).value.colours[0].colour == "blue"
        schema = server.asked[0].schema
    assert schema["properties"]["colours"]["items"]["additionalProperties"] is False
    assert "$" not in json.dumps(schema)


LIMITS = {"openai": "max_completion_tokens", "ollama": "num_predict", "bedrock": "maxTokens"}


def test_the_answers_length_is_always_limited(connect: Connect, prompt: Prompt) -> None:
    with ModelServer(says("no"), says(BLUE)) as server:
        limit = LIMITS[connect(server.url).complete(prompt, Colour).provider]
        assert [asked.options[limit] for asked in server.asked] == [ANSWER_TOKENS] * 2


SPELLINGS = {"bedrock": ("temperature", "topP", "top_k")}


def test_sampling_is_passed_on(connect: Connect, prompt: Prompt) -> None:
    """F-E9"""
    with ModelServer(says(BLUE)) as server:
        adapter = connect(server.url, temperature=0.5, top_p=0.25, top_k=7)
        adapter.complete(prompt, Colour)
        names = SPELLINGS.get(adapter.name, ("temperature", "top_p", "top_k"))
        assert [server.asked[0].options[name] for name in names] == [0.5, 0.25, 7]


def test_sampling_that_is_not_set_is_not_sent(connect: Connect, prompt: Prompt) -> None:
    """F-E9"""
    with ModelServer(says(BLUE)) as server:
        connect(server.url).complete(prompt, Colour)
        assert not {"top_p", "topP", "top_k", "topK"} & server.asked[0].options.keys()


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{BLUE}\n```",
        f"Sure! Here you are:\n```\n{BLUE}\n```\nAnything else?",
        f"The sky {{as ever}} is {BLUE}, I think.",
        '  \n{"colour": "blue", "sure": 0.9, "sla": "5 minutes"}\n',
        f'<think>Red? {{"colour": "red", "sure": 1}} No.</think>\n{BLUE}',
    ],
    ids=["fenced", "prose and fence", "prose", "unknown field", "thoughts"],
)
def test_wrapping_is_stripped(connect: Connect, prompt: Prompt, text: str) -> None:
    """F-E3"""
    with ModelServer(says(text)) as server:
        assert connect(server.url).complete(prompt, Colour).value.colour == "blue"
        assert len(server.requests) == 1


UNUSABLE = {
    "empty": "",
    "blank": " \n\t",
    "no JSON": "It is blue.",
    "cut off inside": BLUE[:-6],
    "list": f"[{BLUE}, {BLUE}]",
    "empty list": "[]",
    "string": '"blue"',
    "number": "7",
    "null": "null",
    "empty object": "{}",
    "wrong enum": '{"colour": "green", "sure": 0.9}',
    "missing field": '{"colour": "blue"}',
    "null field": '{"colour": "blue", "sure": null}',
    "wrong type": '{"colour": ["blue"], "sure": "very"}',
    "object in place of text": '{"colour": {"name": "blue"}, "sure": 0.9}',
    "NaN": '{"colour": "blue", "sure": NaN}',
    "infinite": '{"colour": "blue", "sure": -Infinity}',
    "doubled member": '{"colour": "red", "colour": "blue", "sure": 0.9}',
    "NUL": '{"colour": "blue", "sure": 0.9, "why": "a\\u0000b"}',
    "half a surrogate pair": '{"colour": "blue", "sure": 0.9, "\\ud800": 1}',
    "deep": "[" * 50_000,
    "deep object": '{"a":' * 20_000,
    "long number": '{"colour": "blue", "sure": ' + "9" * 5000 + "}",
    "two objects in a fence": f"```\n{{}}\n{{}}\n```\n{BLUE[:-1]}",
}


@pytest.mark.parametrize("text", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_an_unusable_answer_is_sent_back_once(connect: Connect, prompt: Prompt, text: str) -> None:
    """F-E3"""
    with ModelServer(says(text), says(BLUE)) as server:
        completion = connect(server.url).complete(prompt, Colour)
        assert completion.value.colour == "blue"
        assert (completion.input_tokens, completion.requests) == (22, 2)  # both calls are counted
        repair = server.asked[1]
    assert "cannot be used" in repair.last
    assert [m["role"] for m in repair.messages] == ["user", "assistant", "user"]
    assert all(m["content"].strip() for m in repair.messages)  # some servers refuse a blank one


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


class Item(BaseModel):
    """One of several that were asked about together."""

    id: int
    colour: str


class Batch(BaseModel):
    """An answer about the items 1, 2 and 3."""

    items: Annotated[list[Item], Field(max_length=3)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if sorted(item.id for item in self.items) != [1, 2, 3]:
            raise ValueError("items 1, 2 and 3 are needed, each once")
        return self


def batch(*ids: Any) -> str:
    return json.dumps({"items": [{"id": number, "colour": "blue"} for number in ids]})


@pytest.mark.parametrize(
    "text",
    [batch(1, 2, 2), batch(1, 2, 4), batch(1, 2), batch(1, 2, 3, 3), batch(1, 2, "three"), "[]"],
    ids=["doubled", "unknown", "missing", "more", "wrong type", "list"],
)
def test_a_batch_with_wrong_ids_is_repaired_or_refused(
    connect: Connect, prompt: Prompt, text: str
) -> None:
    """F-E3"""
    with ModelServer(says(text), says(batch(3, 1, 2))) as server:
        assert len(connect(server.url).complete(prompt, Batch).value.items) == 3
    with ModelServer(says(text)) as server:
        with pytest.raises(ModelOutputInvalid):
            connect(server.url).complete(prompt, Batch)
        assert len(server.requests) == 2


def test_an_answer_that_was_cut_off_is_not_taken_for_a_whole_one(
    connect: Connect, prompt: Prompt
) -> None:
    """F-E3"""
    with ModelServer(says(BLUE, finish="length"), says(BLUE)) as server:
        connect(server.url).complete(prompt, Colour)
        assert "cut off" in server.asked[1].last


def test_the_connection_is_kept(connect: Connect, prompt: Prompt) -> None:
    with ModelServer(says(BLUE)) as server:
        adapter = connect(server.url)
        for _ in range(3):
            adapter.complete(prompt, Colour)
        assert (len(server.requests), server.connections) == (3, 1)


def test_a_closed_connection_is_opened_again(connect: Connect, prompt: Prompt) -> None:
    with ModelServer(says(BLUE)) as server:
        adapter = connect(server.url)
        adapter.complete(prompt, Colour)
        server.hang_up()
        time.sleep(0.1)
        assert adapter.complete(prompt, Colour).value.colour == "blue"


@pytest.mark.parametrize("connect", ["ollama"], indirect=True)
def test_ollama_gets_room_for_a_long_prompt(connect: Connect, prompt: Prompt) -> None:
    with ModelServer(says(BLUE)) as server:
        adapter = connect(server.url)
        adapter.complete(prompt, Colour)
        adapter.complete(replace(prompt, user="word " * 4000), Colour)
        sizes = [asked.options["num_ctx"] for asked in server.asked]
        assert not server.requests[0][2]["stream"]
    assert sizes == [4096, 8192]


def test_no_format_is_left_out() -> None:
    """F-E1"""
    assert set(FORMATS) == set(LIMITS) == {"openai", "ollama", "bedrock"}
