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
        if self in BUILT_IN:
            return self.model
        return f"{self.provider}:{self.model}@{self.dimensions}"


EMBEDDED = EmbedderSpec("embedded", "all-MiniLM-L6-v2", 384)
MULTILINGUAL = EmbedderSpec("multilingual", "universal-sentence-encoder-multilingual-3", 512)
# They also read tickets for classification, without a network and at no cost.
BUILT_IN = (EMBEDDED, MULTILINGUAL)


def parse(text: str) -> EmbedderSpec:
    """The model that EMBEDDER names; raises ValueError for anything else."""
    for spec in BUILT_IN:
        if text == spec.provider:
            return spec
    found = _OUTSIDE.fullmatch(text)
    if found and int(found[3]) <= MAX_DIMENSIONS:
        return EmbedderSpec(found[1], found[2], int(found[3]))
    raise ValueError(
        f"{text!r} is none of embedded, multilingual, openai:MODEL@DIMENSIONS,"
        f" ollama:MODEL@DIMENSIONS, bedrock:MODEL@DIMENSIONS,"
        f" with 1 to {MAX_DIMENSIONS:,} dimensions"
    )


def of_name(name: str) -> EmbedderSpec:
    """The model whose vectors carry that name; raises ValueError for an unknown one."""
    return next((spec for spec in BUILT_IN if spec.name == name), None) or parse(name)


def classifying(spec: EmbedderSpec) -> EmbedderSpec:
    """The built-in model that reads tickets for classification beside that one."""
    return spec if spec in BUILT_IN else EMBEDDED
