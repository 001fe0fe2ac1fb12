"""Loads the sample catalog and the sample articles into the deployed stack."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from embedded.articles import article
from embedded.articles import files as markdown_files
from embedded.console import say
from embedded.errors import EmbeddedError
from embedded.functions import DeployedStack

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
ARTICLES = SAMPLES / "articles"
CATALOG = SAMPLES / "catalog.yaml"
TICKETS = SAMPLES / "tickets.jsonl"
_BATCH = 20


def files() -> list[Path]:
    """Return the files to load, in a fixed order."""
    return [CATALOG, *markdown_files(ARTICLES)]


def load(stack: DeployedStack) -> None:
    """Load the catalog and the articles; loading again changes nothing."""
    document = _document(CATALOG)
    loaded = stack.invoke("LoadCatalogFunction", {"document": document})
    say(
        "samples",
        f"catalog {loaded['version']}: {loaded['categories']} categories, "
        f"{loaded['request_types']} request types",
    )
    articles = [article(ARTICLES, path) for path in markdown_files(ARTICLES)]
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


def _batches(articles: list[Any]) -> Iterator[list[Any]]:
    """Yield slices small enough for one invocation's time limit."""
    for start in range(0, len(articles), _BATCH):
        yield articles[start : start + _BATCH]
