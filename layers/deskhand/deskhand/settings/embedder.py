"""The embedding model as EMBEDDER spells it, and the name that its vectors carry."""

import re
from typing import NamedTuple

# The limit of pgvector's graph index over half precision.
MAX_DIMENSIONS = 4_000
_OUTSIDE = re.compile(r"(openai|ollama|bedrock):([^\s@]{1,200})@([1-9]\d{0,3})", re.ASCII)


class EmbedderSpec(NamedTuple):
    """A model and the number of dimensions of its vectors."""

    provider: str
    model: str
    dimensions: int

    @property
    def name(self) -> str:
        """The name stored with the model's vectors; it includes the number of dimensions."""
        if self == EMBEDDED:
            return self.model
        return f"{self.provider}:{self.model}@{self.dimensions}"


EMBEDDED = EmbedderSpec("embedded", "all-MiniLM-L6-v2", 384)


def parse(text: str) -> EmbedderSpec:
    """The model that EMBEDDER names; raises ValueError for anything else."""
    if text == EMBEDDED.provider:
        return EMBEDDED
    found = _OUTSIDE.fullmatch(text)
    if found and int(found[3]) <= MAX_DIMENSIONS:
        return EmbedderSpec(found[1], found[2], int(found[3]))
    raise ValueError(
        f"{text!r} is none of embedded, openai:MODEL@DIMENSIONS, ollama:MODEL@DIMENSIONS,"
        f" bedrock:MODEL@DIMENSIONS, with 1 to {MAX_DIMENSIONS:,} dimensions"
    )


def of_name(name: str) -> EmbedderSpec:
    """The model whose vectors carry that name; raises ValueError for an unknown one."""
    return EMBEDDED if name == EMBEDDED.name else parse(name)
