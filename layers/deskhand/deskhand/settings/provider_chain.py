"""The chain of providers as LLM_PROVIDERS spells it."""

from typing import NamedTuple

OFFLINE = "offline"
# Each has an adapter: the module of that name.
OUTSIDE = ("openai", "ollama", "bedrock")


class ProviderSpec(NamedTuple):
    """A provider's name and its model's, which is empty for `offline`."""

    name: str
    model: str


def parse(text: str) -> list[ProviderSpec]:
    """The providers in their order; raises ValueError for anything else."""
    return [_spec(part.strip()) for part in text.split(",")]


def _spec(part: str) -> ProviderSpec:
    name, _, model = part.partition(":")
    if part == OFFLINE or (name in OUTSIDE and model):
        return ProviderSpec(name, model)
    known = ", ".join(f"{name}:MODEL" for name in OUTSIDE)
    raise ValueError(f"{part!r} is none of {known}, {OFFLINE}")
