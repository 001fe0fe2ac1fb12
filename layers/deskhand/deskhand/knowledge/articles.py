"""Knowledge articles: import, search, and citation by article and section."""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from deskhand.api.fields import not_blank
from deskhand.knowledge.section_text import section_text
from deskhand.knowledge.sections import parts_of
from deskhand.settings.embedder import EMBEDDED
from deskhand.similarity.bag_of_words import bag_of
from deskhand.similarity.embedders import embed_texts, embedder_of
from deskhand.similarity.ranking import Ranked, rank
from deskhand.store import articles, embedding_models
from deskhand.store.articles import Article, NearSection, Section, UnreadSection
from deskhand.store.connection import Connection, connection, patient
from deskhand.store.embedding_models import EmbeddingModel

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
MAX_SLUG = 100
MAX_SECTIONS = 200
CANDIDATES = 100


def few_sections(body: str) -> str:
    """Validator: the body must not have more than MAX_SECTIONS sections."""
    if len(parts_of("", body)) > MAX_SECTIONS:
        raise PydanticCustomError("sections", f"must not have more than {MAX_SECTIONS} sections")
    return body


Title = Annotated[str, StringConstraints(max_length=200), AfterValidator(not_blank)]
Markdown = Annotated[
    str,
    StringConstraints(max_length=100_000),
    AfterValidator(not_blank),
    AfterValidator(few_sections),
]


class ArticleText(BaseModel):
    """`PUT /kb/articles/{slug}`: `body` in Markdown, cut into sections at its headings."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    title: Title
    body: Markdown


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
        make = article_with_vectors if model == EMBEDDED.name else article_without_vectors
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
        section_text(UnreadSection(slug, each.number, text.title, each.heading, each.body))
        for each in article.sections
    ]
    return replace(article, embeddings=embed_texts(embedder_of(model), told))


def article_without_vectors(model: str, slug: str, text: ArticleText) -> Article:
    """The article with its sections, without vectors: `refresh_vectors` adds them within a
    minute."""
    stored = []
    for number, part in enumerate(parts_of(text.title, text.body)):
        whole = UnreadSection(slug, number, text.title, part.heading, part.body)
        words = bag_of(section_text(whole))
        stored.append(Section(number, part.heading, part.body, words.terms, words.weights))
    return Article(slug, text.title, text.body, stored, model, [])


def search_sections(conn: Connection, question: str, limit: int) -> list[Ranked[NearSection]]:
    """The sections that answer a question best, best first.

    Raises ModelUnavailable or another model error when the model does not answer.
    """

    def ask(model: EmbeddingModel) -> list[Ranked[NearSection]]:
        [embedding] = embed_texts(embedder_of(model.model), [question])
        return nearest_sections(conn, model.model, question, embedding)

    return embedding_models.ask_serving(conn, ask)[:limit]


def nearest_sections(
    conn: Connection, model: str, text: str, embedding: str
) -> list[Ranked[NearSection]]:
    """The sections nearest to a text by meaning and by words, best first."""
    return rank(bag_of(text), articles.nearest_sections(conn, model, text, embedding, CANDIDATES))
