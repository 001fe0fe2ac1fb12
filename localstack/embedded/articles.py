"""Puts Markdown files into the running stack as knowledge articles, through the API."""

import re
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import httpx
from rich.progress import Progress

from deskhand.knowledge.markdown import blocks
from embedded.errors import EmbeddedError
from embedded.posting import reasons

_TRIES = 5
_AGAIN = {429, 502, 503, 504}
_PAUSE, _LONGEST_PAUSE = 2.0, 60.0

type Article = dict[str, str]


def files(folder: Path) -> list[Path]:
    """Return the Markdown files in a folder and below it, in a fixed order."""
    if not folder.is_dir():
        raise EmbeddedError(f"{folder} is not a folder")
    return sorted(path for path in folder.rglob("*.md") if path.is_file())


def article(folder: Path, path: Path) -> Article:
    """Return slug, title and body; the title is the first heading, or else the file's name."""
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except OSError as error:
        raise EmbeddedError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise EmbeddedError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from None
    heading = next((block for block in blocks(text) if block.level), None)
    first, _, rest = text.partition("\n")
    # The title is stored by itself, so a body that begins with it need not repeat it.
    body = rest.strip() if heading in list(blocks(first)) else text
    title = heading.text if heading else re.sub(r"[-_\s]+", " ", path.stem).strip()
    return {"slug": slug(path.relative_to(folder)), "title": title, "body": body}


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
        raise EmbeddedError(f"{folder} has no Markdown file (`*.md`)")
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
    address, sent = f"/kb/articles/{made['slug']}", {n: made[n] for n in ("title", "body")}
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
