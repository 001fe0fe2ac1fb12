"""Loads knowledge articles in bulk; invoked by the operator, not reachable over HTTP."""

from typing import Any

from deskhand.knowledge.articles import import_articles


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """How many articles of `{"articles": [{"slug", "title", "body"}]}` were stored."""
    return {"imported": import_articles(event)}
