"""Masks personal data: a provider sees tokens in its place, and the answer is restored."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from deskhand.errors import ModelOutputInvalid
from deskhand.models.base import Completion, Prompt
from deskhand.models.wrappers.wrapper import Wrapper
from deskhand.safety.personal_data.finding import PersonalData, find

_TOKEN = re.compile(
    r"(?:<|&lt;|\[)?(?<!\w)(EMAIL|IBAN|CARD|IP|PHONE|NAME)_(\d{1,4})(?!\w)(?:>|&gt;|\])?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without personal data; `restore` reinserts the data into an answer."""

    text: str
    originals: Mapping[str, str] = field(repr=False)

    def restore(self, text: str) -> str:
        """`text` with every token replaced by its value, also tokens whose brackets a model has
        changed."""
        return _TOKEN.sub(self._original, text)

    def _original(self, token: re.Match[str]) -> str:
        return self.originals.get(
            _token(token.group(1).upper(), int(token.group(2))), token.group()
        )


def mask(text: str, names: Sequence[str] = ()) -> Masked:
    """The text with <EMAIL_1>, <PHONE_1> and so on in place of personal data and `names`.

    The same value has the same token throughout.
    """
    return _masked([_seen(text, tuple(names))])


@dataclass(frozen=True, slots=True)
class _Seen:
    """A text, the personal data found in it, and strings in it that already look like tokens."""

    text: str
    found: tuple[PersonalData, ...]
    tokens: frozenset[str]


def _seen(text: str, names: tuple[str, ...]) -> _Seen:
    tokens = (_token(m.group(1).upper(), int(m.group(2))) for m in _TOKEN.finditer(text))
    return _Seen(text, tuple(find(text, names)), frozenset(tokens))


# Cached: instructions and catalog are ten times as long as a ticket, and equal for all tickets.
_seen_before = lru_cache(maxsize=32)(_seen)


def _masked(parts: Sequence[_Seen]) -> Masked:
    """All parts as one text, with common numbering of the tokens."""
    taken = frozenset().union(*(part.tokens for part in parts))
    tokens: dict[tuple[str, str], str] = {}
    counts: Counter[str] = Counter()
    pieces: list[str] = []
    for part in parts:
        place = 0
        for found in part.found:
            value = part.text[found.start : found.end]
            if (found.kind, value) not in tokens:
                tokens[found.kind, value] = _next(found.kind, counts, taken)
            pieces += part.text[place : found.start], tokens[found.kind, value]
            place = found.end
        pieces.append(part.text[place:])
    return Masked("".join(pieces), {token: value for (_, value), token in tokens.items()})


class Masking(Wrapper):
    """Hides e-mail addresses, phone, card and account numbers, IP addresses and the prompt's names.

    The returned value is restored; `raw`, which is recorded, stays masked.
    """

    def complete[T: BaseModel](self, prompt: Prompt, schema: type[T]) -> Completion[T]:
        """The provider's answer to the masked prompt, restored and validated again."""
        mask = _mask_of(prompt)
        system, _, user = mask.text.partition(_SEAM)
        completion = super().complete(replace(prompt, system=system, user=user), schema)
        if not mask.originals:
            return completion
        return replace(completion, value=self._restored(completion.value, mask, schema))

    def _restored[T: BaseModel](self, value: T, mask: Masked, schema: type[T]) -> T:
        try:
            return schema.model_validate(_walked(value.model_dump(), mask))
        except ValidationError:
            raise ModelOutputInvalid(
                f"{self.name}: the answer does not fit once personal data is back in it"
            ) from None


def _mask_of(prompt: Prompt) -> Masked:
    """System and user part together, so that a token has one meaning in the whole prompt."""
    whole = f"{prompt.system}{_SEAM}{prompt.user}"
    start = max(0, whole.find(prompt.marker)) if prompt.marker else 0
    return _masked([_seen_before(whole[:start], prompt.names), _seen(whole[start:], prompt.names)])


# These two characters occur in no prompt, and no pattern of personal data spans them.
_SEAM = "\x1e\x1f"


def _walked(value: Any, mask: Masked) -> Any:
    """The same structure with every text in it restored."""
    match value:
        case str():
            return mask.restore(value)
        case dict():
            return {key: _walked(item, mask) for key, item in value.items()}
        case list() | tuple() | set():
            return type(value)(_walked(item, mask) for item in value)
    return value


def _next(kind: str, counts: Counter[str], taken: frozenset[str]) -> str:
    """The next token of that kind that the text does not hold already."""
    counts[kind] += 1
    while _token(kind, counts[kind]) in taken:
        counts[kind] += 1
    return _token(kind, counts[kind])


def _token(kind: str, number: int) -> str:
    return f"<{kind}_{number}>"
