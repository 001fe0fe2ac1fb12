"""The origin of a result, stored with it."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from deskhand.models.base import Completion


class Origin(BaseModel):
    """Provider, model and prompt of a result, its usage, and the providers that failed before."""

    model_config = ConfigDict(frozen=True)

    ai_status: Literal["COMPLETED", "FALLBACK"]
    provider: str
    model: str
    prompt_version: str
    input_tokens: int = 0
    output_tokens: int = 0
    latency_ms: int = 0
    cost_usd: float | None = None
    cached: bool = False
    failures: tuple[str, ...] = ()

    @classmethod
    def of(cls, completion: Completion[object]) -> Self:
        """The origin of a completion's value."""
        return cls(
            ai_status="FALLBACK" if completion.failures else "COMPLETED",
            provider=completion.provider,
            model=completion.model,
            prompt_version=completion.prompt_version,
            input_tokens=completion.input_tokens,
            output_tokens=completion.output_tokens,
            latency_ms=completion.latency_ms,
            cost_usd=completion.cost_usd,
            cached=completion.cached,
            failures=completion.failures,
        )
