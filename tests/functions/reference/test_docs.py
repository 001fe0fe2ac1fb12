"""The API's reference as a document and as a page."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from functions.docs.handler import handler
from tests.functions.conftest import event


def get(path: str, **headers: str) -> dict[str, Any]:
    several = {name: [value] for name, value in headers.items()}
    given = {"headers": headers, "multiValueHeaders": several}
    return handler(event("docs", path=path, **given), None)


def header(reply: dict[str, Any], name: str) -> str:
    [value] = reply["multiValueHeaders"][name]
    return str(value)


def test_the_document_is_served_to_everyone() -> None:
    """F-A15"""
    reply = get("/openapi.json")
    assert reply["statusCode"] == 200
    assert header(reply, "Content-Type") == "application/json"
    assert header(reply, "Cache-Control") == "public, max-age=300"
    assert header(reply, "X-Request-ID")
    assert json.loads(reply["body"])["openapi"] == "3.1.0"


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/docs/swagger-ui.css"])
def test_what_a_reader_has_is_not_sent_again(path: str) -> None:
    tag = header(get(path), "ETag")
    again = get(path, **{"If-None-Match": f'"other", W/{tag}'})
    assert (again["statusCode"], again.get("body") or "") == (304, "")
    assert header(again, "ETag") == tag
    assert get(path, **{"If-None-Match": '"other"'})["statusCode"] == 200


def test_the_page_loads_only_its_own_files() -> None:
    """F-A15"""
    page = get("/docs")
    assert header(page, "Content-Type") == "text/html; charset=utf-8"
    assert "http:" not in page["body"] and "https:" not in page["body"]
    parts = re.findall(r'(?:src|href)="(docs/[^"]+)"', page["body"])
    assert len(parts) == 3
    for part in parts:
        reply = get(f"/{part}")
        assert reply["statusCode"] == 200
        kind = {"css": "text/css", "js": "text/javascript"}[part.rpartition(".")[2]]
        assert header(reply, "Content-Type") == f"{kind}; charset=utf-8"


def test_a_strict_policy_holds_for_the_page() -> None:
    page = get("/docs")
    policy = header(page, "Content-Security-Policy")
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert header(page, "X-Content-Type-Options") == "nosniff"
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", page["body"])


def test_the_page_has_one_address() -> None:
    reply = get("/docs/")
    assert (reply["statusCode"], header(reply, "Location")) == (308, "../docs")


@pytest.mark.parametrize("name", ["handler.py", "..", "swagger-ui.css.map"])
def test_nothing_else_is_served(name: str) -> None:
    assert get(f"/docs/{name}")["statusCode"] == 404


def test_serving_builds_no_schemas() -> None:
    """A cold start reads files; the table and its models are for `make reference`."""
    code = "import sys, functions.docs.handler; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": "layers/deskhand:."},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "deskhand.reference.files" in loaded
    for name in ("operations", "answers", "document", "schemas"):
        assert f"deskhand.reference.{name}" not in loaded
