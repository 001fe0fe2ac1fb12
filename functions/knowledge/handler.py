"""Knowledge articles: listed, read, written, deleted, searched."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.router import Api
from deskhand.knowledge import api

app = Api()


@app.get("/kb/articles")
def list_articles() -> Response[str]:
    """A page of articles, by slug."""
    return api.list_articles(app)


@app.get("/kb/articles/<slug>")
def get_article(slug: str) -> Response[str]:
    """An article with its sections."""
    return api.get_article(app, slug)


@app.put("/kb/articles/<slug>")
def put_article(slug: str) -> Response[str]:
    """Stores the article and returns it; a search finds it at once."""
    return api.put_article(app, slug)


@app.post("/kb/preview")
def preview_article() -> Response[str]:
    """How an article would be read; nothing is stored."""
    return api.preview_article(app)


@app.delete("/kb/articles/<slug>")
def delete_article(slug: str) -> Response[str]:
    """Deletes the article."""
    return api.delete_article(app, slug)


@app.get("/kb/search")
def search_articles() -> Response[str]:
    """The sections that answer a question best."""
    return api.search_articles(app)


@app.post("/kb/search")
def post_search() -> Response[str]:
    """The same for a question in the body, where no gateway limits its length in a URL."""
    return api.search_for_text(app)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
