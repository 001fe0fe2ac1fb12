"""The sample catalog and the sample articles, into the deployed stack."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from embedded.console import say
from embedded.errors import EmbeddedError
from embedded.functions import Deployed

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
CATALOG = SAMPLES / "catalog.yaml"
TICKETS = SAMPLES / "tickets.jsonl"
_BATCH = 20


def files() -> list[Path]:
    """Return the files that are loaded, in a fixed order."""
    return [
        path for path in (CATALOG, *sorted((SAMPLES / "articles").glob("*.md"))) if path.exists()
    ]


def load(stack: Deployed) -> None:
    """Load the catalog and the articles; both are safe to load again."""
    document = _document(CATALOG)
    loaded = stack.invoke("LoadCatalogFunction", {"document": document})
    say(
        "samples",
        f"catalog {loaded['version']}: {loaded['categories']} categories, "
        f"{loaded['request_types']} request types",
    )
    articles = [article(path) for path in sorted((SAMPLES / "articles").glob("*.md"))]
    for batch in _batches(articles):
        stack.invoke("ImportArticlesFunction", {"articles": batch})
    say("samples", f"{len(articles)} knowledge articles")


def _document(path: Path) -> Any:
    """Return the YAML value in a file."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EmbeddedError(f"{path} cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise EmbeddedError(f"{path} is not YAML: {error}") from None


def article(path: Path) -> dict[str, str]:
    """Return slug, title and body of a Markdown file whose first line is its heading."""
    heading, _, body = path.read_text(encoding="utf-8").strip().partition("\n")
    title = re.fullmatch(r"#\s+(.+)", heading)
    if not title:
        raise EmbeddedError(f"{path}:1: the first line must be a heading (`# Title`)")
    return {"slug": path.stem, "title": title[1].strip(), "body": body.strip()}


def _batches(articles: list[Any]) -> Iterator[list[Any]]:
    """Yield slices small enough for one invocation's time limit."""
    for start in range(0, len(articles), _BATCH):
        yield articles[start : start + _BATCH]
