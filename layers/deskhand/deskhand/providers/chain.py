"""The providers that LLM_PROVIDERS names, put together."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from pydantic import BaseModel

from deskhand.errors import (
    DeskhandError,
    ModelOutputInvalid,
    ModelRateLimited,
    ModelRefused,
    ModelUnavailable,
)
from deskhand.providers.base import Completion, Prompt, Provider
from deskhand.settings import SettingInvalid, Settings

# All models of the chain together must end well before the step's function does (60 s).
CHAIN_SECONDS = 50.0

_PERMANENT = (ModelRefused, ModelOutputInvalid)
_ANY = (*_PERMANENT, ModelUnavailable, ModelRateLimited)


class Fallback:
    """Asks providers in turn; an error outside `on` ends the turn, as does the last provider's."""

    def __init__(self, providers: Sequence[Provider], on: tuple[type[DeskhandError], ...]) -> None:
        self._providers = providers
        self._on = on

    @property
    def name(self) -> str:
        """The first provider's name."""
        return self._providers[0].name

    @property
    def model(self) -> str:
        """The first provider's model."""
        return self._providers[0].model

    def complete[T: BaseModel](self, prompt: Prompt, schema: type[T]) -> Completion[T]:
        """The first answer; its `failures` say who failed before it, and how."""
        failures: list[str] = []
        for provider in self._providers[:-1]:
            try:
                return _after(failures, provider.complete(prompt, schema))
            except self._on as error:
                failures.append(f"{provider.name}: {type(error).__name__}")
        return _after(failures, self._providers[-1].complete(prompt, schema))


def _after[T](failures: list[str], completion: Completion[T]) -> Completion[T]:
    return replace(completion, failures=(*failures, *completion.failures))


def provider_for(settings: Settings, *, last_attempt: bool) -> Provider:
    """The configured chain.

    An error that no retry can mend goes to the next provider at once; one that may pass is left
    to the state machine's retries, and goes to the next provider on the last attempt only.
    """
    return Fallback(_providers(settings), on=_ANY if last_attempt else _PERMANENT)


@cache
def _providers(settings: Settings) -> tuple[Provider, ...]:
    """One provider for each name, built once for each execution environment."""
    specs = [_spec(part) for part in settings.llm_providers.split(",")]
    remote = sum(name != "offline" for name, _ in specs)
    timeout = min(settings.llm_timeout_seconds, CHAIN_SECONDS / max(remote, 1))
    return tuple(_build(name, model, settings, timeout) for name, model in specs)


def _spec(part: str) -> tuple[str, str]:
    name, _, model = part.strip().partition(":")
    if name not in ("openai", "ollama", "offline") or (name == "offline") == bool(model):
        raise SettingInvalid(
            f"LLM_PROVIDERS: {part.strip()!r} is none of openai:MODEL, ollama:MODEL, offline"
        )
    return name, model


# Each adapter is imported only when configured: their libraries are most of a cold start.
def _build(name: str, model: str, settings: Settings, timeout: float) -> Provider:
    match name:
        case "openai":
            return _openai(model, settings, timeout)
        case "ollama":
            from deskhand.providers.ollama import Ollama

            return Ollama(
                model,
                base_url=settings.ollama_base_url,
                temperature=settings.llm_temperature,
                timeout=timeout,
            )
        case _:
            from deskhand.providers.offline import Offline

            return Offline()


def _openai(model: str, settings: Settings, timeout: float) -> Provider:
    from deskhand.providers.openai import OpenAI

    if not settings.openai_api_key and "api.openai.com" in settings.openai_base_url:
        raise SettingInvalid("OPENAI_API_KEY is not set")
    return OpenAI(
        model,
        base_url=settings.openai_base_url,
        # Servers of one's own often want no key, but the SDK insists on one.
        api_key=settings.openai_api_key or "none",
        temperature=settings.llm_temperature,
        timeout=timeout,
    )
