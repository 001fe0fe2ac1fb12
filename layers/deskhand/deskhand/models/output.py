"""Parses a model's answer into a value of a schema, or rejects it as a whole."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError

from deskhand.errors import ModelOutputInvalid
from deskhand.models.base import Completion, Prompt

type Message = dict[str, str]

_QUOTED_CHARACTERS = 4000
_REASON_CHARACTERS = 500
_CANDIDATES = 20
_SURROGATE = re.compile("[\ud800-\udfff]")
_FENCE = re.compile(r"^```\w*+[^\S\n]*+\n(.*?)\n?```", re.DOTALL | re.MULTILINE)
# Some servers leave a model's reasoning before its answer.
_THOUGHTS = re.compile(r"^\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_REPAIR = (
    "That answer cannot be used: {problem}. Answer again with one JSON object that fits the schema"
    " and nothing else: no prose, no code fence."
)


# A reply's problem when it stopped at the token limit.
CUT_OFF = "it was cut off; be brief"


class OutputProblem(Exception):
    """Why an answer cannot be used; the message quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a model, as text; `problem` says why it cannot be used regardless of its
    text."""

    text: str
    input_tokens: int
    output_tokens: int
    problem: str = ""


def complete[T: BaseModel](
    provider: str,
    model: str,
    ask: Callable[[list[Message]], Reply],
    prompt: Prompt,
    schema: type[T],
) -> Completion[T]:
    """A value of `schema`; an invalid answer is sent back once, if the prompt says so."""
    started = time.perf_counter()
    messages = [
        {"role": "system", "content": prompt.system},
        {"role": "user", "content": prompt.user},
    ]
    replies = [ask(messages)]
    try:
        value = _value(replies[0], schema)
    except OutputProblem as problem:
        if not prompt.repair:
            raise _invalid(provider, problem) from None
        replies.append(ask([*messages, *_send_back(replies[0], problem)]))
        value = _repaired(provider, replies[1], schema)
    return Completion(
        value=value,
        provider=provider,
        model=model,
        prompt_version=prompt.version,
        input_tokens=sum(reply.input_tokens for reply in replies),
        output_tokens=sum(reply.output_tokens for reply in replies),
        latency_ms=round((time.perf_counter() - started) * 1000),
        raw=replies[-1].text,
        requests=len(replies),
    )


def parse[T: BaseModel](text: str, schema: type[T]) -> T:
    """The value in a model's text, without fences and prose around it; raises OutputProblem."""
    if not text.strip():
        raise OutputProblem("the answer is empty")
    problem = OutputProblem("there is no JSON object in it")
    for candidate in _candidates(_THOUGHTS.sub("", text)):
        if not isinstance(candidate, dict):
            raise OutputProblem(
                f"it is a JSON {_KINDS.get(type(candidate), 'value')}, not an object"
            )
        if not _storable(candidate):
            raise OutputProblem("it holds characters that no text may hold")
        try:
            return schema.model_validate(candidate)
        except ValidationError as error:
            problem = OutputProblem(_faults(error))
    raise problem


# Cached for each catalog: it takes longer than the rest of our own work in a call.
@lru_cache(maxsize=8)
def json_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema as structured output requires it: closed, every member required.

    Definitions are inlined, since not every server resolves references. The result is cached: do
    not change it.
    """
    whole = schema.model_json_schema()
    definitions = whole.pop("$defs", {})
    closed: dict[str, Any] = _closed(_inlined(whole, definitions))
    return closed


def parse_strictly(text: str) -> Any:
    """The JSON value in the text; raises ValueError for NaN, duplicate members and bad syntax."""
    return _DECODER.decode(text)


def _value[T: BaseModel](reply: Reply, schema: type[T]) -> T:
    if reply.problem:
        raise OutputProblem(reply.problem)
    return parse(reply.text, schema)


def _repaired[T: BaseModel](provider: str, reply: Reply, schema: type[T]) -> T:
    try:
        return _value(reply, schema)
    except OutputProblem as problem:
        raise _invalid(f"{provider}: even after one repair", problem) from None


def _invalid(provider: str, problem: OutputProblem) -> ModelOutputInvalid:
    return ModelOutputInvalid(f"{provider}: {problem}"[:_REASON_CHARACTERS])


def _send_back(reply: Reply, problem: OutputProblem) -> list[Message]:
    # Some servers refuse an empty message.
    said = reply.text[:_QUOTED_CHARACTERS].strip() or "(nothing)"
    return [
        {"role": "assistant", "content": said},
        {"role": "user", "content": _REPAIR.format(problem=problem)},
    ]


_KINDS = {list: "list", str: "string", int: "number", float: "number", bool: "boolean"}


def _candidates(text: str) -> Iterator[object]:
    """JSON values in the text, most likely first: the whole text, a fenced block, an object
    inside."""
    fenced = [match.group(1) for match in _FENCE.finditer(text)]
    for whole in (text.strip(), *fenced[:_CANDIDATES]):
        try:
            yield _DECODER.decode(whole)
        except (ValueError, RecursionError):
            continue
    starts = [match.start() for match in re.finditer(r"\{", text)]
    for start in starts[:_CANDIDATES]:
        try:
            yield _DECODER.raw_decode(text, start)[0]
        except (ValueError, RecursionError):
            continue


def _storable(value: object) -> bool:
    """False for values with NUL or a lone surrogate, which JSON can express but Postgres
    rejects."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += item.keys()
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str) and ("\0" in item or _SURROGATE.search(item)):
            return False
    return True


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("doubled member")
    return members


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_refuse_constant)


def _faults(error: ValidationError) -> str:
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, f['loc'])) or 'answer'}: {f['msg']}" for f in faults[:5])


def _inlined(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inlined(definitions[node["$ref"].removeprefix("#/$defs/")], definitions)
    return {key: _inlined(value, definitions) for key, value in node.items()}


def _closed(node: Any) -> Any:
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items() if key not in ("title", "default")}
    if isinstance(closed.get("properties"), dict):
        closed |= {"required": list(closed["properties"]), "additionalProperties": False}
    return closed
