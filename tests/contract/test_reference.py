"""The API's reference: complete, and what the code says. Handlers, template and table agree."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from deskhand.reference.__main__ import text
from deskhand.reference.files import REFERENCE
from deskhand.reference.operation import Operation
from deskhand.reference.operations import OPERATIONS
from tests.contract.routes import deployed, handled

DOCUMENT: dict[str, Any] = json.loads(text())
# JSON Schema's own words, as far as they are used; pydantic lets others through where it gives up.
KEYWORDS = {
    "$ref", "additionalProperties", "allOf", "anyOf", "const", "default", "description", "enum",
    "examples", "format", "items", "maxItems", "maxLength", "maximum", "minItems", "minLength",
    "minimum", "oneOf", "pattern", "properties", "required", "type",
}  # fmt: skip


def test_every_route_is_handled_deployed_and_described() -> None:
    """F-A15"""
    described = {(each.method, each.path): each.name for each in OPERATIONS}
    assert len(described) == len(OPERATIONS)
    assert {route: name for route, (_, name) in handled().items()} == described
    behind = {route: f"functions/{word}" for route, (word, _) in handled().items()}
    assert behind == deployed()


def test_the_committed_document_is_what_the_code_says() -> None:
    """F-A15"""
    assert REFERENCE.path.read_text() == text(), "run: make reference"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_every_answer_can_be_understood(operation: Operation) -> None:
    described = DOCUMENT["paths"][operation.path][operation.method.lower()]
    assert described["operationId"] == operation.name
    for status, response in described["responses"].items():
        whole = resolved(response)
        assert "X-Request-ID" in whole["headers"]
        if status.startswith(("4", "5")) and operation.path not in ("/health", "/actuator/health"):
            assert list(whole["content"]) == ["application/problem+json"]


def test_every_reference_and_link_leads_somewhere() -> None:
    names = {operation.name for operation in OPERATIONS}
    for node in nodes(DOCUMENT):
        if "$ref" in node:
            assert isinstance(resolved(node), dict)
        for name, link in node.get("links", {}).items():
            assert name in names
            assert link["parameters"]


def test_schemas_use_words_that_their_readers_know() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        assert words(schema) <= KEYWORDS
    for node in nodes(DOCUMENT["paths"]):
        assert words(node.get("schema", {})) <= KEYWORDS


def test_the_addresses_hold_behind_any_stage() -> None:
    """The server is relative to where the document is, and paths are relative to the server."""
    assert DOCUMENT["servers"] == [{"url": "."}]


def words(schema: dict[str, Any]) -> set[str]:
    found = set(schema)
    for name in ("properties",):
        for one in schema.get(name, {}).values():
            found |= words(one)
    for name in ("allOf", "anyOf", "oneOf"):
        for one in schema.get(name, ()):
            found |= words(one)
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            found |= words(schema[name])
    return found


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value."""
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value:
        if isinstance(one, dict | list):
            yield from nodes(one)


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """What a reference refers to, or the node itself."""
    found: Any = DOCUMENT
    if "$ref" not in node:
        return node
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    target: dict[str, Any] = found
    return target
