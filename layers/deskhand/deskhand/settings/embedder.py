"""The embedding model as EMBEDDER spells it, and the name that its vectors carry."""

import re
from typing import NamedTuple

# What pgvector's graph over half precision takes.
MAX_DIMENSIONS = 4_000
_OUTSIDE = re.compile(r"(openai|ollama|bedrock):([^\s@]{1,200})@([1-9]\d{0,3})", re.ASCII)


class Spec(NamedTuple):
    """A model, and how many numbers it makes of a text."""

    provider: str
    model: str
    dimensions: int

    @property
    def name(self) -> str:
        """What vectors of the model carry; another number of dimensions is another name."""
        if self == EMBEDDED:
            return self.model
        return f"{self.provider}:{self.model}@{self.dimensions}"


EMBEDDED = Spec("embedded", "all-MiniLM-L6-v2", 384)


def parse(text: str) -> Spec:
    """The model that EMBEDDER names; raises ValueError for anything else."""
    if text == EMBEDDED.provider:
        return EMBEDDED
    found = _OUTSIDE.fullmatch(text)
    if found and int(found[3]) <= MAX_DIMENSIONS:
        return Spec(found[1], found[2], int(found[3]))
    raise ValueError(
        f"{text!r} is none of embedded, openai:MODEL@DIMENSIONS, ollama:MODEL@DIMENSIONS,"
        f" bedrock:MODEL@DIMENSIONS, with 1 to {MAX_DIMENSIONS:,} dimensions"
    )


def of_name(name: str) -> Spec:
    """The model whose vectors carry that name; raises ValueError for none of ours."""
    return EMBEDDED if name == EMBEDDED.name else parse(name)
