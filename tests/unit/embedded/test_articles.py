"""Articles from Markdown files, against a real HTTP server that refuses some."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from embedded import articles
from embedded.errors import EmbeddedError


class Api(BaseHTTPRequestHandler):
    """Stores articles as the API does; what is `away` is so first, and blank bodies are refused."""

    stored: dict[str, Any]
    away: dict[str, list[int]]
    asked: list[tuple[str, str]]

    def do_PUT(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, self.headers["Authorization"]))
        if statuses := self.away.get(self.path):
            return self._answer(statuses.pop(), {"detail": "away"})
        if not sent["body"]:
            errors = [{"pointer": "/body", "detail": "must not be blank"}]
            return self._answer(422, {"detail": "some fields are not valid", "errors": errors})
        known = self.path in self.stored
        self.stored[self.path] = sent
        self._answer(200 if known else 201, sent)

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def api() -> Iterator[str]:
    Api.stored, Api.away, Api.asked = {}, {}, []
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("\ufeff# Reset the VPN #\n\nTurn it off.\n\nAnd on.\n", "Reset the VPN", None),
        (
            "Reset the VPN\n===\n\nTurn it off.",
            "Reset the VPN",
            "Reset the VPN\n===\n\nTurn it off.",
        ),
        (
            "Turn it off.\n\n## If it is on\n\nx",
            "If it is on",
            "Turn it off.\n\n## If it is on\n\nx",
        ),
        ("```\n# Off\n```\n", "my vpn", "```\n# Off\n```"),
        ("Turn it off.", "my vpn", "Turn it off."),
    ],
)
def test_the_title_is_the_first_heading_or_the_name_of_the_file(
    text: str, title: str, body: str | None, tmp_path: Path
) -> None:
    write(tmp_path, my_vpn=text)
    assert articles.article(tmp_path, tmp_path / "my_vpn.md") == {
        "slug": "my-vpn",
        "title": title,
        "tags": [],
        "body": body or "Turn it off.\n\nAnd on.",
    }


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("VPN drops (old).md", "vpn-drops-old"),
        ("a.b_c--.md", "a-b-c"),
        ("Öffnen.md", "offnen"),
        ("mac/reset.md", "mac-reset"),
    ],
)
def test_a_slug_is_made_of_the_name(path: str, slug: str) -> None:
    assert articles.slug(Path(path)) == slug


def test_every_file_is_stored_and_can_be_again(api: str, tmp_path: Path) -> None:
    """F-G1"""
    write(tmp_path, vpn="# VPN\n\nx", mac__vpn="# VPN\n\ny")
    (tmp_path / "notes.txt").write_text("no article")
    tokens = iter("abcd")
    for _ in range(2):
        assert articles.put_all(api, lambda: next(tokens), tmp_path) == (2, [])
    assert Api.stored == {
        "/kb/articles/mac-vpn": {"title": "VPN", "tags": [], "body": "y"},
        "/kb/articles/vpn": {"title": "VPN", "tags": [], "body": "x"},
    }
    assert [token for _, token in Api.asked] == [f"Bearer {each}" for each in "abcd"]


def test_files_that_are_not_stored_are_named_and_the_others_are(api: str, tmp_path: Path) -> None:
    write(tmp_path, a="# Only a title", b="x", B="y", c="z", 日本="x")
    (tmp_path / "d.md").write_bytes(b"\xff")
    stored, faults = articles.put_all(api, lambda: "t", tmp_path)
    assert (stored, len(faults)) == (2, 4)
    told = "\n".join(faults)
    assert f"{tmp_path}/a.md: /body: must not be blank" in told
    assert f"{tmp_path}/b.md would replace {tmp_path}/B.md: both are b" in told
    assert f"{tmp_path}/d.md is not UTF-8: invalid start byte at byte 0" in told
    assert "日本.md has no letter or digit" in told
    assert Api.stored["/kb/articles/b"]["body"] == "y"


def test_an_api_that_is_busy_is_asked_again(
    api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(articles, "_TRIES", 3)
    write(tmp_path, a="x", b="y")
    Api.away = {"/kb/articles/a": [503, 429], "/kb/articles/b": [503] * 3}
    assert articles.put_all(api, lambda: "t", tmp_path) == (1, [f"{tmp_path}/b.md: away"])


def test_an_api_that_is_gone_is_told_for_each_file(tmp_path: Path) -> None:
    write(tmp_path, a="x")
    stored, [fault] = articles.put_all("http://127.0.0.1:1", lambda: "t", tmp_path)
    assert (stored, fault[: len(f"{tmp_path}/a.md: ConnectError")]) == (
        0,
        f"{tmp_path}/a.md: ConnectError",
    )


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("a.md", "---\ntitle: Ribbon\ntags: [x, y]\n---\n# Head\n\nText", "Ribbon"),
        ("clear-redis.html.md", "Text", "clear redis"),
    ],
)
def test_front_matter_comes_first_and_endings_are_no_title(
    name: str, text: str, title: str, tmp_path: Path
) -> None:
    """F-G1"""
    (tmp_path / name).write_text(text)
    made = articles.article(tmp_path, tmp_path / name)
    assert (made["title"], made["body"]) == (title, text)
    assert made["tags"] == (["x", "y"] if "tags" in text else [])


def test_files_in_other_formats_are_counted(tmp_path: Path) -> None:
    """F-G1"""
    for name in ("a.md", "B.MD", "c.mdx", "sub/d.MDX", "e.rst", "pic.png", "Makefile"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [path.name for path in articles.files(tmp_path)] == ["B.MD", "a.md"]
    assert articles.left_out(tmp_path) == "left out, since only .md is read: 2 .mdx, 1 .rst"
    for name in ("a.md", "B.MD"):
        (tmp_path / name).unlink()
    with pytest.raises(EmbeddedError, match=r"no Markdown file .*; left out.* 2 \.mdx, 1 \.rst"):
        articles.put_all("http://127.0.0.1:1", lambda: "t", tmp_path)


def test_a_folder_without_articles_is_told(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="is not a folder"):
        articles.put_all("http://127.0.0.1:1", lambda: "t", tmp_path / "none")
    with pytest.raises(EmbeddedError, match="has no Markdown file"):
        articles.put_all("http://127.0.0.1:1", lambda: "t", tmp_path)
