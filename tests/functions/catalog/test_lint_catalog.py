"""POST /catalog/lint: the same as `make lint-catalog`, for a catalog that is not in force."""

import json
from pathlib import Path
from typing import Any

import pytest

from deskhand.catalog import yaml_text
from deskhand.catalog.lint import lint
from deskhand.catalog.parse import parse_catalog
from deskhand.catalog.proposed import SHOWN
from deskhand.store.connection import Connection
from tests import arrange
from tests.functions.gateway import Answer, call
from tests.functions.tickets.requests import pointers

pytestmark = pytest.mark.usefixtures("aws")

SAMPLE = Path("localstack/samples/catalog.yaml").read_text()
# Its only type is never due, and has a pattern that can run away.
ODD = """
service_catalog:
  catalog:
    categories:
      - name: Network
        requests:
          - name: VPN
            entities: [{name: badge, pattern: "(a+)+b"}]
"""


def check(body: object) -> Answer:
    return call("POST", "/catalog/lint", body)


def test_a_good_catalog_has_neither_errors_nor_findings(conn: Connection) -> None:
    """F-I1: and does not come in force."""
    answer = check({"text": SAMPLE})
    assert answer.status == 200
    assert answer.body["version"] == parse_catalog(yaml_text.document_of(SAMPLE.encode())).version
    assert (answer.body["error_count"], answer.body["finding_count"]) == (0, 0)
    assert answer.body["request_types"] > answer.body["categories"] > 0
    assert arrange.count(conn, "catalogs") == 0


def test_document_and_text_are_judged_alike(database: str) -> None:
    document: Any = yaml_text.document_of(ODD.encode())
    told = check({"document": document}).body
    assert told == check({"text": ODD}).body == check({"text": json.dumps(document)}).body
    found = [finding._asdict() for finding in lint(parse_catalog(document))]
    assert (told["findings"], told["finding_count"]) == (found, len(found))
    said = " ".join(each["detail"] for each in found)
    assert "never due" in said and "run away" in said


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("a: [", "", "line"),
        ("[]", "", "object"),
        ("service_catalog: {catalog: {categories: 7}}", "/service_catalog/catalog/categories", ""),
        ("service_catalog: {catalog: {}, more: 1}", "/service_catalog/more", "unknown"),
        ("a: &a [x]\nb: &b [*a, *a]\nc: !!python/object:os.system {}", "", ""),
    ],
)
def test_an_invalid_catalog_is_an_answer(database: str, text: str, at: str, says: str) -> None:
    answer = check({"text": text})
    assert (answer.status, answer.body["version"], answer.body["findings"]) == (200, None, [])
    assert at in {each["pointer"] for each in answer.body["errors"]} or says == ""
    assert says in str(answer.body["errors"])
    assert answer.body["error_count"] >= 1


def test_of_many_errors_some_are_shown(database: str) -> None:
    document: Any = {"service_catalog": {"catalog": {"categories": [{}] * 1_000}}}
    answer = check({"document": document}).body
    assert len(answer["errors"]) == SHOWN < 1_000 <= answer["error_count"]


@pytest.mark.parametrize(
    ("body", "status", "where"),
    [
        ({}, 422, ["/document", "/text"]),
        ({"document": {}, "text": ""}, 422, ["/document", "/text"]),
        ({"document": []}, 422, ["/document"]),
        ({"text": 7}, 422, ["/text"]),
        ({"text": "x" * (yaml_text.MAX_BYTES + 1)}, 422, ["/text"]),
        ({"text": "x" * (2 * yaml_text.MAX_BYTES)}, 413, []),
        ({"file": "x"}, 422, ["/file"]),
    ],
)
def test_what_is_no_catalog_at_all_is_refused(
    database: str, body: object, status: int, where: list[str]
) -> None:
    """F-A14"""
    answer = check(body)
    assert (answer.status, pointers(answer)) == (status, where)
