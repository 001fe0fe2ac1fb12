"""The console's page and its files."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from functions.console.handler import handler
from tests.functions.conftest import event
from tests.functions.gateway import Answer, call

BUILT = Path("functions/console/dist")
FIRST_LOAD_KIB = 260


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """The page's files; building them again costs nothing."""
    subprocess.run([sys.executable, "localstack/build_console.py"], check=True)


def get(path: str, **headers: str) -> Answer:
    return call("GET", path, headers=headers)


def loaded(page: Answer) -> list[str]:
    """The files that the page names, relative to its own address."""
    return re.findall(r'(?:src|href)="(console/[^"]+)"', page.text)


def test_every_page_has_a_nonce_of_its_own() -> None:
    """F-L2"""
    nonces = set()
    for _ in range(2):
        page = get("/console")
        assert page.headers["Cache-Control"] == "no-store"
        policy = page.headers["Content-Security-Policy"]
        [nonce] = re.findall(r"'nonce-([^']+)'", policy)
        assert f'nonce="{nonce}"' in page.text
        assert "unsafe" not in policy
        assert "script-src 'self';" in policy and "require-trusted-types-for 'script'" in policy
        nonces.add(nonce)
    assert len(nonces) == 2


def test_the_page_holds_no_script_and_no_style_of_its_own() -> None:
    page = get("/console").text
    assert "http:" not in page and "https:" not in page
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", page)


def test_its_files_may_be_kept_for_ever() -> None:
    """F-L2"""
    names = loaded(get("/console"))
    assert {Path(name).suffix for name in names} == {".js", ".css"}
    for name in names:
        reply = get(f"/{name}")
        assert (reply.status, reply.headers["Cache-Control"]) == (
            200,
            "public, max-age=31536000, immutable",
        )
        again = get(f"/{name}", **{"If-None-Match": reply.headers["ETag"]})
        assert (again.status, again.text) == (304, "")


def test_the_page_has_one_address() -> None:
    reply = handler(event("console", path="/console/"), None)
    assert reply["statusCode"] == 308
    assert reply["multiValueHeaders"]["Location"] == ["../console"]


@pytest.mark.parametrize("name", ["handler.py", "manifest.json", "..", "main.js"])
def test_nothing_else_is_served(name: str) -> None:
    assert get(f"/console/{name}").status == 404


def test_the_first_load_is_small() -> None:
    """F-L2: compressed, as a browser gets it; charts are loaded when they are looked at."""
    page = get("/console")
    sizes = {n: len(gzip.compress(get(f"/{n}").text.encode())) for n in loaded(page)}
    print(json.dumps(sizes))
    assert sum(sizes.values()) < FIRST_LOAD_KIB * 1024


def test_a_second_build_does_nothing() -> None:
    """F-L2"""
    before = {path.name: path.stat().st_mtime_ns for path in BUILT.iterdir()}
    done = subprocess.run(
        [sys.executable, "localstack/build_console.py"], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    assert {path.name: path.stat().st_mtime_ns for path in BUILT.iterdir()} == before
