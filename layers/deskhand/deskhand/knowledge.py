"""Knowledge articles: what operators may load."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from deskhand.store import articles
from deskhand.store.connection import connection, patient


class ArticleIn(BaseModel):
    """One article: `slug` in lower case with hyphens, `body` in Markdown."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    slug: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    body: Annotated[str, StringConstraints(min_length=1, max_length=100_000)]


class Import(BaseModel):
    """A bulk import: all articles or, when one is wrong, none."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    articles: Annotated[list[ArticleIn], Field(max_length=1_000)]


def import_articles(event: dict[str, Any]) -> int:
    """How many articles were stored; raises ValidationError with the path of a wrong one."""
    wanted = Import.model_validate(event).articles
    with connection() as conn, patient(conn, 50):
        articles.put(conn, [articles.Article(a.slug, a.title, a.body) for a in wanted])
    return len(wanted)
