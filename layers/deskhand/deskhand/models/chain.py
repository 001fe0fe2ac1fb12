"""Builds the chain of providers that LLM_PROVIDERS names.

    fallback([ masking( recorder( cache( breaker( limiter( adapter ))))), ..., recorder(offline) ])

Masking stands outside of recorder and cache, so that neither stores personal data. A cached answer
is returned even while the breaker is open or the budget is used up. Calls that the limiter rejects
do not count for the breaker. Calls of `offline` are only recorded.

Errors: after ModelRefused and ModelOutputInvalid, which a retry cannot help, the next provider is
asked at once; so it is for an open breaker and a used-up budget. ModelUnavailable and
ModelRateLimited are left to the state machine's retries; on the last attempt the next provider is
asked. The last provider's error is raised by the step.
"""

import time
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from types import ModuleType

from deskhand.errors import OF_MODELS, DeskhandError, ModelOutputInvalid, ModelRefused
from deskhand.logs import log
from deskhand.models.base import Provider
from deskhand.models.fallback import Fallback
from deskhand.models.ledger import CallLimits, Ledger
from deskhand.models.wrappers.breaker import Breaker
from deskhand.models.wrappers.cache import Cache
from deskhand.models.wrappers.limiter import Limiter
from deskhand.models.wrappers.recorder import Recorder
from deskhand.settings import prices, provider_chain
from deskhand.settings.environment import Settings
from deskhand.store.calls import Calls

# Seconds for all models of the chain together, including waits for the limiter; well below the
# timeout of the step's function (60 s).
CHAIN_SECONDS = 50.0

_PERMANENT = (ModelRefused, ModelOutputInvalid)


def provider_for(
    settings: Settings,
    *,
    last_attempt: bool,
    offline: Provider,
    calls: Calls | None = None,
    only: str | None = None,
    after_bad_output: bool = True,
) -> Provider:
    """The configured chain, or the chain in `only`, for example "offline".

    With `after_bad_output` False an answer that cannot be used is the caller's to deal with, and
    the next provider is not asked.

    `offline` is the step's own offline provider. Without `calls` nothing is recorded, and there is
    no breaker, limiter or cache.
    """
    adapters = _adapters(settings, only or settings.llm_providers, offline)
    stacks = _stacks(adapters, settings, calls)
    on: tuple[type[DeskhandError], ...] = OF_MODELS if last_attempt else _PERMANENT
    if not after_bad_output:
        on = tuple(error for error in on if error is not ModelOutputInvalid)
    return Fallback(tuple(stacks), on=on)


def _stacks(
    adapters: tuple[Provider, ...], settings: Settings, calls: Calls | None
) -> Iterator[Provider]:
    """Each adapter in its wrappers. A call may wait, but leaves the later providers their time."""
    end = time.monotonic() + CHAIN_SECONDS
    timeout = _timeout(settings, [adapter.name for adapter in adapters])
    for position, adapter in enumerate(adapters):
        following = sum(later.name != provider_chain.OFFLINE for later in adapters[position:])
        latest = end - following * timeout
        stack: Provider = adapter
        if calls:
            terms = _terms(settings, adapter.name, adapter.model, timeout)
            ledger = Ledger(
                calls, adapter.name, adapter.model, terms, latest=latest, fallback=position > 0
            )
            stack = _guarded(stack, ledger, terms)
        yield (
            _masked(stack)
            if settings.llm_masking and adapter.name != provider_chain.OFFLINE
            else stack
        )


def _guarded(stack: Provider, ledger: Ledger, terms: CallLimits) -> Provider:
    if terms.guarded:
        stack = Breaker(Limiter(stack, ledger), ledger)
    if terms.guarded and terms.cache_hours:
        stack = Cache(stack, ledger)
    return Recorder(stack, ledger)


def _masked(provider: Provider) -> Provider:
    from deskhand.models.wrappers.masking import Masking

    return Masking(provider)


@cache
def _terms(settings: Settings, provider: str, model: str, timeout: float) -> CallLimits:
    price = prices.price_of(provider, model, prices.parse(settings.llm_prices))
    if settings.llm_daily_budget and price is None:
        log.warning("no price: the budget does not hold", extra={"model": f"{provider}:{model}"})
    sampling = (settings.llm_temperature, settings.llm_top_p, settings.llm_top_k)
    return CallLimits(
        guarded=provider != provider_chain.OFFLINE,
        variant=f"{sampling} {_place(provider, settings)}",
        price=price,
        requests_per_minute=settings.llm_requests_per_minute,
        tokens_per_minute=settings.llm_tokens_per_minute,
        daily_budget=settings.llm_daily_budget,
        breaker_calls=settings.llm_breaker_calls,
        breaker_window_seconds=settings.llm_breaker_window_seconds,
        breaker_open_seconds=settings.llm_breaker_open_seconds,
        cache_hours=settings.llm_cache_hours,
        reply_days=settings.llm_reply_days,
        timeout=timeout,
    )


def _adapters(settings: Settings, chain: str, offline: Provider) -> tuple[Provider, ...]:
    wanted = provider_chain.parse(chain)
    timeout = _timeout(settings, [name for name, _ in wanted])
    return tuple(
        offline if name == provider_chain.OFFLINE else _built(name, model, settings, timeout)
        for name, model in wanted
    )


def _timeout(settings: Settings, names: Sequence[str]) -> float:
    """The timeout in seconds for each model of the chain."""
    remote = sum(name != provider_chain.OFFLINE for name in names)
    return min(settings.llm_timeout_seconds, CHAIN_SECONDS / max(remote, 1))


@cache
def _built(name: str, model: str, settings: Settings, timeout: float) -> Provider:
    """Built once for each execution environment."""
    return _build(name, model, settings, timeout)


def _build(name: str, model: str, settings: Settings, timeout: float) -> Provider:
    built: Provider = _adapter(name).build(model, settings, timeout)
    return built


def _place(name: str, settings: Settings) -> str:
    """The endpoint of a remote model; empty for `offline`."""
    return str(_adapter(name).place(settings)) if name in provider_chain.OUTSIDE else ""


def _adapter(name: str) -> ModuleType:
    """Imported only when configured: the libraries of adapters take most of a cold start."""
    return import_module(f"deskhand.models.adapters.{name}")
