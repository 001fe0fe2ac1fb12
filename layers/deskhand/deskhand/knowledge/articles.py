"""Knowledge articles: import, search, and citation by article and section."""

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from deskhand.api.fields import not_blank
from deskhand.knowledge.readers import Readers
from deskhand.knowledge.section_text import section_text
from deskhand.settings.embedder import BUILT_IN
from deskhand.similarity.bag_of_words import bag_of
from deskhand.similarity.embedders import embed_texts, embedder_of
from deskhand.similarity.ranking import Ranked, rank
from deskhand.store import articles, embedding_models
from deskhand.store.articles import Article, NearSection, Section, UnreadSection
from deskhand.store.connection import Connection, connection, patient
from deskhand.store.embedding_models import EmbeddingModel

if TYPE_CHECKING:
    from deskhand.knowledge.reader import Page

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
MAX_SLUG = 100
MAX_SECTIONS = 200
CANDIDATES = 100
MAX_TITLE = 200
# Raise it when articles are read in another way: the deployment reads the stored ones anew.
READER = 1


@lru_cache(maxsize=1)
def page_of(body: str) -> "Page":
    """The page as it is read; the parser is loaded only by those who store articles."""
    from deskhand.knowledge.reader import read

    return read(body)


def few_sections(body: str) -> str:
    """Validator: the body must not have more than MAX_SECTIONS sections."""
    from deskhand.knowledge.sections import parts_of

    if len(parts_of("", page_of(body).blocks)) > MAX_SECTIONS:
        raise PydanticCustomError("sections", f"must not have more than {MAX_SECTIONS} sections")
    return body


def known_title(title: str | None, info: ValidationInfo) -> str | None:
    """Validator: the body must have a title when none is given."""
    if title is None and "body" in info.data and not page_of(info.data["body"]).title:
        detail = "is missing, and the body has no title in its front matter and no heading"
        raise PydanticCustomError("title", detail)
    return title


Title = Annotated[str, StringConstraints(max_length=MAX_TITLE), AfterValidator(not_blank)]
Tag = Annotated[str, StringConstraints(max_length=50), AfterValidator(not_blank)]
Markdown = Annotated[
    str,
    StringConstraints(max_length=100_000),
    AfterValidator(not_blank),
    AfterValidator(few_sections),
]


class ArticleText(BaseModel):
    """`PUT /kb/articles/{slug}`: `body` in Markdown, cut into sections at its headings.

    What is not given is as the body's front matter says; the title may also be the first heading.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    body: Markdown
    title: Annotated[Title | None, AfterValidator(known_title)] = Field(None, validate_default=True)
    tags: Annotated[list[Tag], Field(max_length=20)] | None = None
    readers: Readers | None = Field(
        None, description="Customers find and read what is for `everyone`; else it is for `staff`"
    )


class ArticleIn(ArticleText):
    """One article of an import: `slug` in lower case with hyphens."""

    slug: Annotated[str, StringConstraints(pattern=SLUG, max_length=MAX_SLUG)]


class ArticleImport(BaseModel):
    """A bulk import: all articles or, when one is wrong, none."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    articles: Annotated[list[ArticleIn], Field(max_length=1_000)]


def import_articles(event: dict[str, Any]) -> int:
    """Imports articles; returns how many were stored. Raises ValidationError with the path of an
    invalid one."""
    wanted = ArticleImport.model_validate(event).articles
    with connection() as conn:
        model = embedding_models.serving_model(conn).model
        # With a remote model, a thousand articles could exceed this function's timeout.
        own = model in [spec.name for spec in BUILT_IN]
        make = article_with_vectors if own else article_without_vectors
        read = [make(model, each.slug, each) for each in wanted]
        with patient(conn, 50):
            for article in read:
                articles.put(conn, article)
    return len(wanted)


def article_with_vectors(model: str, slug: str, text: ArticleText) -> Article:
    """The article with its sections and their vectors by that model.

    Raises ModelUnavailable or another model error when the model does not answer.
    """
    article = article_without_vectors(model, slug, text)
    told = [
        section_text(UnreadSection(slug, each.number, article.title, each.heading, each.body))
        for each in article.sections
    ]
    return replace(article, embeddings=embed_texts(embedder_of(model), told))


def article_without_vectors(model: str, slug: str, text: ArticleText) -> Article:
    """The article with its sections, without vectors: `refresh_vectors` adds them within a
    minute."""
    from deskhand.knowledge.sections import parts_of

    page, stored = page_of(text.body), []
    title = text.title or page.title[:MAX_TITLE]
    for number, part in enumerate(parts_of(title, page.blocks)):
        whole = UnreadSection(slug, number, title, part.heading, part.body)
        words = bag_of(section_text(whole))
        quotes = [each.document for each in part.quotes]
        stored.append(Section(number, part.heading, part.body, quotes, words.terms, words.weights))
    tags = page.tags if text.tags is None else dict.fromkeys(text.tags)
    readers = text.readers or page.readers
    return Article(slug, title, text.body, list(tags), readers, READER, stored, model, [])


def read_anew(conn: Connection) -> int:
    """Reads the stored articles that an older release read; returns how many.

    Their vectors follow within a minute.
    """
    model = embedding_models.serving_model(conn).model
    slugs = articles.read_by_older(conn, READER)
    for slug in slugs:
        with patient(conn, 50):
            if row := articles.hold(conn, slug):
                # What was accepted once stays, even if it has more sections now.
                text = ArticleText.model_construct(**row)
                articles.put(conn, article_without_vectors(model, slug, text))
    return len(slugs)


def search_sections(
    conn: Connection, question: str, limit: int, *, for_everyone: bool = False
) -> list[Ranked[NearSection]]:
    """The sections that answer a question best, best first: of all articles, or of those that are
    for everyone.

    Raises ModelUnavailable or another model error when the model does not answer.
    """

    def ask(model: EmbeddingModel) -> list[Ranked[NearSection]]:
        [embedding] = embed_texts(embedder_of(model.model), [question])
        return nearest_sections(conn, model.model, question, embedding, for_everyone=for_everyone)

    return embedding_models.ask_serving(conn, ask)[:limit]


def nearest_sections(
    conn: Connection, model: str, text: str, embedding: str, *, for_everyone: bool = False
) -> list[Ranked[NearSection]]:
    """The sections nearest to a text by meaning and by words, best first."""
    search = articles.public_sections if for_everyone else articles.nearest_sections
    return rank(bag_of(text), search(conn, model, text, embedding, CANDIDATES))
