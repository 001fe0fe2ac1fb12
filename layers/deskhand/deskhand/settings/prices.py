"""What models cost, in US dollars for a million tokens."""

import re
from typing import NamedTuple

PER = 1_000_000
# Self-hosted models have no price.
FREE = ("ollama", "offline")


class Price(NamedTuple):
    """US dollars for a million tokens that a model reads, and for a million that it writes."""

    read: float
    written: float

    def of(self, input_tokens: int, output_tokens: int) -> float:
        """US dollars for that many tokens."""
        return (input_tokens * self.read + output_tokens * self.written) / PER


# List prices of 2026, for convenience: providers change them, and LLM_PRICES overrides them.
PRICES = {
    "gpt-5": Price(1.25, 10),
    "gpt-5-mini": Price(0.25, 2),
    "gpt-5-nano": Price(0.05, 0.4),
    "gpt-4.1": Price(2, 8),
    "gpt-4.1-mini": Price(0.4, 1.6),
    "gpt-4.1-nano": Price(0.1, 0.4),
    "gpt-4o": Price(2.5, 10),
    "gpt-4o-mini": Price(0.15, 0.6),
    "gemini-2.5-pro": Price(1.25, 10),
    "gemini-2.5-flash": Price(0.3, 2.5),
    "gemini-2.5-flash-lite": Price(0.1, 0.4),
    "anthropic.claude-sonnet-4-5-20250929-v1:0": Price(3, 15),
    "anthropic.claude-haiku-4-5-20251001-v1:0": Price(1, 5),
    "amazon.nova-pro-v1:0": Price(0.8, 3.2),
    "amazon.nova-lite-v1:0": Price(0.06, 0.24),
    "amazon.nova-micro-v1:0": Price(0.035, 0.14),
}

_ENTRY = re.compile(r"\s*(\S+)\s*=\s*(\d{1,6}(?:\.\d+)?)\s*/\s*(\d{1,6}(?:\.\d+)?)\s*")
# A dated release, or a profile that spreads calls over regions, costs what the plain name does.
_VARIANT = re.compile(r"^(us|eu|apac|jp|au|global)\.(?=\w+\.)|-\d{4}-\d\d-\d\d$")


def parse(text: str) -> dict[str, Price]:
    """The prices in `MODEL=READ/WRITTEN,...`; raises ValueError for anything else."""
    prices = {}
    for part in text.split(",") if text.strip() else []:
        entry = _ENTRY.fullmatch(part)
        if entry is None:
            raise ValueError(
                f"{part.strip()!r} is not MODEL=READ/WRITTEN, dollars a million tokens"
            )
        prices[entry[1]] = Price(float(entry[2]), float(entry[3]))
    return prices


def price_of(provider: str, model: str, own: dict[str, Price]) -> Price | None:
    """The model's price, those of `own` first; None when it is unknown."""
    known = PRICES | own
    return (
        known.get(model)
        or known.get(_VARIANT.sub("", model))
        or (Price(0, 0) if provider in FREE else None)
    )
