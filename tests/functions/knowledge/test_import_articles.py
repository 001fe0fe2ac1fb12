"""Importing articles: all of them or none."""

import pytest
from pydantic import ValidationError

from deskhand.store.connection import Connection
from functions.import_articles.handler import handler
from tests.functions.conftest import event


def titles(conn: Connection) -> list[str]:
    return [row["title"] for row in conn.execute("SELECT title FROM articles ORDER BY slug")]


def test_articles_are_stored_and_replaced_by_slug(conn: Connection) -> None:
    """F-G1"""
    assert handler(event("import_articles"), None) == {"imported": 1}
    [article] = event("import_articles")["articles"]
    handler({"articles": [{**article, "title": "New"}, {**article, "slug": "other"}]}, None)
    assert titles(conn) == ["VPN disconnects", "New"]


@pytest.mark.parametrize("wrong", [{"slug": "Not A Slug"}, {"title": ""}, {"extra": 1}])
def test_one_wrong_article_stops_all(conn: Connection, wrong: dict[str, object]) -> None:
    [article] = event("import_articles")["articles"]
    with pytest.raises(ValidationError, match=r"articles\.1\."):
        handler({"articles": [article, {**article, **wrong}]}, None)
    assert titles(conn) == []
