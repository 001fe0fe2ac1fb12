"""The question about a batch of requests, and the form of its answer."""

import json
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic.json_schema import SkipJsonSchema

from deskhand.attribution.request import HelpdeskRequest
from deskhand.catalog.loaded import LoadedCatalog
from deskhand.catalog.model import Catalog, Entry
from deskhand.models.base import Prompt
from deskhand.models.prompt_file import prompt_file
from deskhand.safety.injection.detection import Suspicion
from deskhand.triage.classify import enum_of
from deskhand.triage.prompt import catalog_lines

if TYPE_CHECKING:
    # Imported for types only: numpy is needed only where a memory is used.
    from deskhand.learning.memory import Memory
    from deskhand.ticket import TicketText

_TEXT_CHARACTERS = 1_500
_PASSAGES = 3
_PASSAGE_CHARACTERS = 400
# Tokens of an answer: for its frame and for each request.
_FRAME_TOKENS, _ITEM_TOKENS = 200, 120
# Names under which models state an SLA, which only the catalog may.
_PROMISE = re.compile(
    r"(?:sla|due|deadline|(?:resolution|response)_time)(?:_\w{1,20})?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class QuestionItem:
    """A request of a question: its key there, its text without instructions to a model, and the
    entries that the answer may name.
    """

    key: str
    request: HelpdeskRequest
    suspicion: Suspicion
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class BatchMaterial:
    """The facts behind a question, for a provider that reads data instead of prose."""

    asked: tuple[QuestionItem, ...]
    loaded: LoadedCatalog
    recall: "Callable[[TicketText], Memory]"


class Item(BaseModel):
    """A provider's answer about one request; `names_sla`: it also states an SLA, which does not
    count.
    """

    id: str
    category: str
    request_type: str
    confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    evidence: list[str]
    names_sla: SkipJsonSchema[bool] = False


class BatchAnswer(BaseModel):
    """A provider's answer about a batch: the items that can be used, one at least."""

    items: list[Item]


def question(
    loaded: LoadedCatalog,
    asked: Sequence[QuestionItem],
    recall: "Callable[[TicketText], Memory]",
) -> Prompt:
    """The question, with the requests between markers that their authors cannot guess."""
    file = prompt_file("classify_batch")
    marker = f"=== requests {secrets.token_hex(8)} ==="
    return Prompt(
        name=file.name,
        version=file.version,
        system=file.system,
        user=file.fill(
            catalog="\n".join(catalog_lines(loaded.catalog)),
            marker=marker,
            requests="\n".join(map(_line, asked)),
        ),
        material=BatchMaterial(tuple(asked), loaded, recall),
        marker=marker,
        answer_tokens=_FRAME_TOKENS + _ITEM_TOKENS * len(asked),
        repair=False,
    )


def _line(asked: QuestionItem) -> str:
    """The request as one line of JSON, so that no text can begin a line."""
    text = asked.suspicion.rest
    members = {
        "id": asked.key,
        "category": asked.request.category,
        "request_type": asked.request.request_type,
        "title": text.subject,
        "text": text.body[:_TEXT_CHARACTERS],
    }
    stated = {name: value for name, value in members.items() if value}
    return json.dumps(stated, ensure_ascii=False)


@lru_cache(maxsize=16)
def answer_form(catalog: Catalog, count: int) -> type[BatchAnswer]:
    """BatchAnswer about `count` requests of this catalog.

    Whether a pair is in the catalog is judged later, for each request on its own.
    """
    keys = [key_of(number) for number in range(count)]

    class One(Item):
        id: Annotated[str, WithJsonSchema(enum_of(keys))]
        category: Annotated[str, WithJsonSchema(enum_of(e.category.name for e in catalog.entries))]
        request_type: Annotated[
            str, WithJsonSchema(enum_of(e.request.name for e in catalog.entries))
        ]

    class Answer(BatchAnswer):
        items: Annotated[  # type: ignore[assignment]
            list[One], Field(min_length=1), BeforeValidator(partial(_usable, frozenset(keys)))
        ]

    return Answer


def key_of(number: int) -> str:
    """The key of a request in its question: never the helpdesk's id, which a stranger chose."""
    return f"r{number + 1}"


def _usable(keys: frozenset[str], value: object) -> object:
    """The items that are valid, the first one of each key; an invalid one spoils no other."""
    if not isinstance(value, list):
        return value
    found: dict[str, Item] = {}
    for each in value:
        try:
            one = Item.model_validate(_plain(each))
        except ValidationError:
            continue
        if one.id in keys:
            found.setdefault(one.id, one)
    return [one.model_dump() for one in found.values()]


def _plain(each: object) -> object:
    """An item with its evidence cut, and marked when it states an SLA."""
    if not isinstance(each, dict):
        return each
    passages = each.get("evidence")
    texts = [p for p in passages if isinstance(p, str)] if isinstance(passages, list) else []
    promised = each.get("names_sla") is True or any(_PROMISE.fullmatch(str(name)) for name in each)
    evidence = [text[:_PASSAGE_CHARACTERS] for text in texts[:_PASSAGES]]
    plain: dict[str, Any] = {**each, "evidence": evidence, "names_sla": promised}
    return plain
