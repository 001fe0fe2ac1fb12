"""The same tickets in nine languages: their request type, and the English article about them."""

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from deskhand.operations.refresh_vectors import refresh
from deskhand.settings.embedder import BUILT_IN
from embedded.samples import CATALOG
from tests.eval import languages, similar
from tests.eval.desk import Desk, Known, desk, environment
from tests.eval.figures import Figure
from tests.eval.languages import ENGLISH, LANGUAGES, Ticket

# For the vectors of the catalog and of the articles.
_SECONDS = 300.0


def measure() -> Iterator[Figure]:
    """Each half of the tickets is asked about after learning the other half."""
    english, multilingual = (_measured(spec.provider) for spec in BUILT_IN)
    for name, value in english.items():
        yield Figure(name, value, baselines={"EMBEDDER=multilingual": round(multilingual[name], 3)})


def _measured(embedder: str) -> dict[str, float]:
    """The shares with that embedder."""
    with environment(EMBEDDER=embedder):
        articles, right = _articles(), _right_types()
    found = {}
    for each in LANGUAGES:
        found[f"{each}: request type, past tickets in English"] = right[ENGLISH, each]
        found[f"{each}: request type, past tickets in {each}"] = right[each, each]
        found[f"{each}: article in English comes first"] = articles[each]
    return found


def _right_types() -> dict[tuple[str, str], float]:
    """The share whose request type is right, by the language of past tickets and of new ones."""
    found: dict[tuple[str, str], list[bool]] = {}
    document = yaml.safe_load(CATALOG.read_text(encoding="utf-8"))
    with desk() as one:
        one.put(document)
        refresh(_SECONDS)
        for past in LANGUAGES:
            for first in (True, False):
                # Under the names of the topics, so that they replace those before them.
                one.teach([_known(each, document) for each in _half(past, first)])
                for asked in LANGUAGES if past == ENGLISH else (past,):
                    new = _half(asked, not first)
                    found.setdefault((past, asked), []).extend(_asked(one, new))
    return {each: sum(right) / len(right) for each, right in found.items()}


def _half(language: str, first: bool) -> list[Ticket]:
    return [each for each in languages.tickets(language) if each.first == first]


def _asked(one: Desk, new: Sequence[Ticket]) -> list[bool]:
    """Whether the likeliest place of each is the right one."""
    topics = languages.topics()
    found = one.triage([each.text for each in new])
    return [
        triage["likely_places"][0]["request_type"] == topics[each.topic].request_type
        for each, triage in zip(new, found, strict=True)
    ]


def _known(ticket: Ticket, document: dict[str, Any]) -> Known:
    wanted = languages.topics()[ticket.topic].request_type
    category = next(
        each["name"]
        for each in document["service_catalog"]["catalog"]["categories"]
        if wanted in [request["name"] for request in each["requests"]]
    )
    return Known(ticket.topic, ticket.text, category, wanted)


def _articles() -> dict[str, float]:
    """For each language, the share of tickets that find their article first."""
    docs = [
        {"id": name, "title": topic.title, "body": topic.body}
        for name, topic in languages.topics().items()
    ]
    with similar.database() as conn:
        refresh(_SECONDS)
        similar.write(conn, docs)
        return {
            language: similar.hits(
                [
                    similar.first_rank(similar.found(conn, each.text.text), [each.topic])
                    for each in languages.tickets(language)
                ],
                1,
            )
            for language in LANGUAGES
        }
