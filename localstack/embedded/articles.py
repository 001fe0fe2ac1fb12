"""Puts Markdown files into the running stack as knowledge articles, through the API."""

import re
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from rich.progress import Progress

from deskhand.knowledge.articles import MAX_TITLE
from deskhand.knowledge.reader import read
from embedded.errors import EmbeddedError
from embedded.posting import reasons

_TRIES = 5
_AGAIN = {429, 502, 503, 504}
_PAUSE, _LONGEST_PAUSE = 2.0, 60.0

type Article = dict[str, Any]
# Formats of documentation that are not read, and said to be left out.
LEFT_OUT = {
    *(".mdx", ".markdown", ".mdown", ".mkd", ".rst", ".adoc", ".asciidoc", ".org", ".textile"),
    *(".txt", ".html", ".htm", ".docx", ".pdf", ".ipynb"),
}


def files(folder: Path) -> list[Path]:
    """Return the Markdown files in a folder and below it, in a fixed order."""
    if not folder.is_dir():
        raise EmbeddedError(f"{folder} is not a folder")
    return sorted(path for path in _in(folder) if path.suffix.lower() == ".md")


def left_out(folder: Path) -> str:
    """Return how many files in other formats of documentation are left out, by format; else ""."""
    counts = Counter(path.suffix.lower() for path in _in(folder))
    found = [f"{counts[name]} {name}" for name in sorted(LEFT_OUT) if counts[name]]
    return f"left out, since only .md is read: {', '.join(found)}" if found else ""


def _in(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def article(folder: Path, path: Path) -> Article:
    """Return slug, title, tags and body; the title is in the front matter, or the first heading, or
    else the file's name.
    """
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except OSError as error:
        raise EmbeddedError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise EmbeddedError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from None
    page = read(text)
    title = page.title or re.sub(r"[-_\s]+", " ", _stem(path)).strip()
    # The title is stored by itself, so a body that begins with it need not repeat it.
    body = text.partition("\n")[2].strip() if _begins_with(title, text) else text
    return {
        "slug": slug(path.relative_to(folder)),
        "title": title[:MAX_TITLE],
        "tags": list(page.tags),
        "body": body,
    }


def _begins_with(title: str, text: str) -> bool:
    first = read(text.partition("\n")[0]).blocks
    return [(each.level > 0, each.text) for each in first] == [(True, title)]


def _stem(path: Path) -> str:
    """Return the file's name without endings: `redis.html.md` is called redis."""
    return re.sub(r"(\.html?|\.en)?\.md$", "", path.name, flags=re.IGNORECASE) or path.stem


def slug(path: Path) -> str:
    """Return the article's slug: folders and file name in lower case."""
    plain = unicodedata.normalize("NFKD", str(path.with_suffix(""))).encode("ascii", "ignore")
    made = re.sub(r"[^a-z0-9]+", "-", plain.decode().lower()).strip("-")
    if not made:
        raise EmbeddedError(f"{path} has no letter or digit in its name that an address may have")
    return made


def put_all(base_url: str, token: Callable[[], str], folder: Path) -> tuple[int, list[str]]:
    """Store all articles; return how many were stored, and the API's reasons for each other file.

    `token` is called before each request, because a long import outlasts a token.
    """
    paths = files(folder)
    if not paths:
        said = f"; {others}" if (others := left_out(folder)) else ""
        raise EmbeddedError(f"{folder} has no Markdown file (`*.md`){said}")
    faults, taken = list[str](), dict[str, Path]()
    with (
        httpx.Client(base_url=base_url, timeout=60, trust_env=False) as client,
        Progress() as progress,
    ):
        for path in progress.track(paths, description=str(folder)):
            try:
                made = article(folder, path)
                if (other := taken.setdefault(made["slug"], path)) != path:
                    raise EmbeddedError(f"{path} would replace {other}: both are {made['slug']}")
                if refused := _put(client, token, made):
                    faults.append(f"{path}: {', '.join(refused)}")
            except EmbeddedError as error:
                faults.append(str(error))
            except httpx.HTTPError as error:
                faults.append(f"{path}: {type(error).__name__}: {error}")
    return len(paths) - len(faults), faults


def _put(client: httpx.Client, token: Callable[[], str], made: Article) -> tuple[str, ...]:
    """Return the API's reasons for refusing the article; empty when it was stored."""
    address, sent = f"/kb/articles/{made['slug']}", {n: made[n] for n in ("title", "tags", "body")}
    for left in reversed(range(_TRIES)):
        headers = {"Authorization": f"Bearer {token()}"}
        answer = client.put(address, json=sent, headers=headers)
        if answer.status_code not in _AGAIN or not left:
            break
        time.sleep(_pause(answer))
    return () if answer.is_success else reasons(answer)


def _pause(answer: httpx.Response) -> float:
    """Return the seconds that the API asks to wait."""
    told = answer.headers.get("Retry-After", "")
    return min(float(told), _LONGEST_PAUSE) if told.isdecimal() else _PAUSE
