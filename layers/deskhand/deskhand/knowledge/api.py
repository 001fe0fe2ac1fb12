"""HTTP routes of the knowledge articles."""

import re
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from deskhand.api import body
from deskhand.api.fields import not_blank
from deskhand.api.problem import problem_of
from deskhand.api.query import Limit, query_as
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.knowledge.articles import (
    MAX_SLUG,
    SLUG,
    ArticleText,
    article_with_vectors,
    article_without_vectors,
    search_sections,
)
from deskhand.refusals import existing
from deskhand.similarity.ranking import Ranked
from deskhand.store import articles, embedding_models
from deskhand.store.articles import NearSection
from deskhand.store.connection import connection

_SLUG = re.compile(SLUG, re.ASCII)
_SHOWN_CHARACTERS = 300


class ArticleListing(BaseModel):
    """The query parameters of `GET /kb/articles`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Limit = 20
    cursor: Annotated[str, StringConstraints(pattern=SLUG, max_length=MAX_SLUG)] | None = Field(
        None, description="`next_cursor` of the page before"
    )


class Question(BaseModel):
    """The query parameters of `GET /kb/search`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Annotated[
        str, StringConstraints(min_length=1, max_length=10_000), AfterValidator(not_blank)
    ] = Field(description="A question, a symptom or a whole e-mail; nothing is an operator")
    limit: Limit = 10


class LongQuestion(Question):
    """The body of `POST /kb/search`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def list_articles(api: Api) -> Response[str]:
    """A page of articles, by slug."""
    asked = query_as(ArticleListing, api.current_event)
    with connection() as conn:
        rows = articles.page(conn, asked.cursor, asked.limit + 1)
    shown = rows[: asked.limit]
    cursor = shown[-1]["slug"] if len(rows) > asked.limit else None
    return api.answer(HTTPStatus.OK, render({"articles": shown, "next_cursor": cursor}))


def get_article(api: Api, slug: str) -> Response[str]:
    """An article with its sections; customers find those for everyone only."""
    wanted = slug_of(slug)
    with connection() as conn:
        row = articles.get(conn, wanted, for_everyone=_is_outside(api))
    return api.answer(HTTPStatus.OK, render(existing(row, "article")))


def put_article(api: Api, slug: str) -> Response[str]:
    """201 with the new article, or 200 with the one that it replaced."""
    wanted = slug_of(slug)
    text = body.validate(ArticleText, body.parse_body(body.raw_body(api.current_event)))
    with connection() as conn:
        article = article_with_vectors(embedding_models.serving_model(conn).model, wanted, text)
        with conn.transaction():
            created = articles.put(conn, article)
        row = existing(articles.get(conn, wanted), "article")
    return api.answer(HTTPStatus.CREATED if created else HTTPStatus.OK, render(row))


def preview_article(api: Api) -> Response[str]:
    """200 with title, tags, readers and sections, as `put_article` would store them."""
    text = body.validate(ArticleText, body.parse_body(body.raw_body(api.current_event)))
    article = article_without_vectors("", "", text)
    sections = [
        {"section": each.number, "heading": each.heading, "text": each.body}
        for each in article.sections
    ]
    document = {
        "title": article.title,
        "tags": article.tags,
        "readers": article.readers,
        "sections": sections,
    }
    return api.answer(HTTPStatus.OK, render(document))


def delete_article(api: Api, slug: str) -> Response[str]:
    """204: the article and its sections are deleted."""
    wanted = slug_of(slug)
    with connection() as conn:
        existing(articles.delete(conn, wanted), "article")
    return Response(HTTPStatus.NO_CONTENT, headers={"X-Request-ID": api.request_id})


def search_articles(api: Api) -> Response[str]:
    """The sections that answer the question best, each with its article and section to cite."""
    return _found(api, query_as(Question, api.current_event))


def search_for_text(api: Api) -> Response[str]:
    """The same as `search_articles`; the question is in the body."""
    sent = body.parse_body(body.raw_body(api.current_event))
    return _found(api, body.validate(LongQuestion, sent))


def _found(api: Api, asked: Question) -> Response[str]:
    with connection() as conn:
        results = search_sections(conn, asked.q, asked.limit, for_everyone=_is_outside(api))
    return api.answer(HTTPStatus.OK, render({"results": [_cited(each) for each in results]}))


def _is_outside(api: Api) -> bool:
    """Whether the caller sees only what is for everyone."""
    return api.caller.role == "customer"


def slug_of(text: str) -> str:
    """The slug in the path; raises a 400 Problem for anything else."""
    plain = unquote(text)
    if len(plain) > MAX_SLUG or not _SLUG.fullmatch(plain):
        detail = "must be lower-case letters and digits, with single hyphens between"
        raise problem_of(HTTPStatus.BAD_REQUEST, "slug", detail)
    return plain


def _cited(result: Ranked[NearSection]) -> dict[str, Any]:
    section = result.found
    return {
        "slug": section.slug,
        "section": section.number,
        "title": section.title,
        "heading": section.heading,
        "text": section.body[:_SHOWN_CHARACTERS],
        "truncated": len(section.body) > _SHOWN_CHARACTERS,
        "cosine": round(section.cosine, 4),
        "score": result.score,
    }
