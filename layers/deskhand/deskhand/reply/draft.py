"""A reply draft: every claim cites its passage, or the draft is one question instead."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError

from deskhand.knowledge.quotes import Passage
from deskhand.models.origin import Origin
from deskhand.reply.language import is_foreign, language, language_of
from deskhand.safety.sanitise import visible_lines
from deskhand.ticket import TicketText

STATEMENTS, STEPS = 6, 40
# An item may have code and a table.
CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class DraftMaterial:
    """The facts behind a draft_reply prompt; `avoid` lists statements that a review rejected."""

    ticket: TicketText
    passages: tuple[Passage, ...]
    avoid: tuple[str, ...] = ()


class Statement(BaseModel):
    """A claim, and the ids of the passages that it comes from: at least one."""

    model_config = ConfigDict(frozen=True)

    text: Annotated[str, AfterValidator(visible_lines), Field(min_length=1, max_length=CHARACTERS)]
    citations: Annotated[list[str], Field(min_length=1, max_length=4)]


class DraftAnswer(BaseModel):
    """A provider's answer; without statements and steps, the draft is its question."""

    statements: Annotated[list[Statement], Field(max_length=STATEMENTS)]
    steps: Annotated[list[Statement], Field(max_length=STEPS)]
    question: Annotated[str, Field(max_length=300)]

    @property
    def claims(self) -> list[Statement]:
        """All statements and steps."""
        return [*self.statements, *self.steps]


class Citation(BaseModel):
    """A passage that a draft cites: an article by its slug, a section by number and heading."""

    model_config = ConfigDict(frozen=True)

    id: str
    slug: str
    title: str
    number: int
    section: str


class Estimate(BaseModel):
    """The time to solution of similar tickets: the median of `tickets` of them."""

    model_config = ConfigDict(frozen=True)

    minutes: int
    tickets: int


class Draft(BaseModel):
    """A reply for people to check and send; nothing sends it by itself.

    `text` consists of statements and numbered steps, with the numbers of `citations` in brackets,
    after a sentence that says so when they are in another language than the ticket;
    for a question it is the question alone, and for none it is empty.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["answer", "question", "none"]
    text: str
    statements: list[Statement]
    steps: list[Statement]
    citations: list[Citation]
    revision: int
    origin: Origin
    estimate: Estimate | None = None


@lru_cache(maxsize=4)
def answer_schema(ids: tuple[str, ...]) -> type[DraftAnswer]:
    """DraftAnswer, restricted to citations of these passages."""
    known = frozenset(ids)

    class Cited(Statement):
        citations: Annotated[
            list[Annotated[str, WithJsonSchema({"type": "string", "enum": list(ids)})]],
            Field(min_length=1, max_length=4),
        ]

        @field_validator("citations")
        @classmethod
        def _given(cls, cited: list[str]) -> list[str]:
            if not known.issuperset(cited):
                raise PydanticCustomError("not_given", "cites a passage that was not given")
            return list(dict.fromkeys(cited))

    # Narrower than the replaced fields, which mypy rejects because lists are invariant.
    class Answer(DraftAnswer):
        statements: Annotated[list[Cited], Field(max_length=STATEMENTS)]  # type: ignore[assignment]
        steps: Annotated[list[Cited], Field(max_length=STEPS)]  # type: ignore[assignment]

    return Answer


def draft_from(
    answer: DraftAnswer,
    passages: Iterable[Passage],
    revision: int,
    origin: Origin,
    ticket: TicketText | None = None,
) -> Draft:
    """The draft made from an answer, with its sources in citation order.

    What is in another language than the ticket begins with a sentence that says so.
    """
    given = {each.id: each for each in passages}
    ids = list(dict.fromkeys(id_ for claim in answer.claims for id_ in claim.citations))
    return Draft(
        kind="answer",
        text="\n\n".join(filter(None, (_elsewhere(answer, ticket), _text(answer, ids)))),
        statements=answer.statements,
        steps=answer.steps,
        citations=[_citation(given[id_]) for id_ in ids],
        revision=revision,
        origin=origin,
    )


def question_draft(question: str, revision: int, origin: Origin) -> Draft:
    """A draft that consists of one question."""
    return Draft(kind="question", text=question, revision=revision, origin=origin, **_NOTHING)


def no_draft(revision: int, origin: Origin) -> Draft:
    """No reply: no article answers, and the ticket leaves nothing to ask."""
    return Draft(kind="none", text="", revision=revision, origin=origin, **_NOTHING)


_NOTHING: dict[str, Any] = {"statements": [], "steps": [], "citations": []}


def _citation(passage: Passage) -> Citation:
    return Citation(
        id=passage.id,
        slug=passage.slug,
        title=passage.title,
        number=passage.number,
        section=passage.section,
    )


def _text(answer: DraftAnswer, ids: Sequence[str]) -> str:
    told = ""
    for text in (_numbered(each, ids) for each in answer.statements):
        # Code keeps its lines, so nothing follows it on the same line.
        told += ("\n\n" if "\n" in told + text else " ") * bool(told) + text
    steps = "\n".join(f"{n}. {_numbered(each, ids)}" for n, each in enumerate(answer.steps, 1))
    return "\n\n".join(part for part in (told, steps) if part)


def _elsewhere(answer: DraftAnswer, ticket: TicketText | None) -> str:
    """In the ticket's language, that there are articles in another one only; else nothing."""
    said = "\n".join(each.text for each in answer.claims)
    if ticket is None or not is_foreign(said, ticket.text):
        return ""
    return language(language_of(ticket.text)).elsewhere(language(language_of(said)))


def _numbered(claim: Statement, ids: Sequence[str]) -> str:
    """The claim with the numbers of its sources after its first line: code stays as it is."""
    first, end, rest = claim.text.partition("\n")
    return f"{first} {''.join(f'[{ids.index(id_) + 1}]' for id_ in claim.citations)}{end}{rest}"
