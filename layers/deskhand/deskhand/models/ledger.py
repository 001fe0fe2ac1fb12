"""The wrappers' interface to the database: admission before a call, its record afterwards.

One round trip before the call and one after it, on the step's own connection. A database error
never fails the call: when a statement fails or exceeds `admission.PATIENCE_MS`, the call continues
unguarded or unrecorded, with a log entry. Only a lost connection is raised: the step could not
store its outcome, so the paid call would be wasted.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel

from deskhand.errors import TRANSIENT, DeskhandError, ModelOutputInvalid, ModelUnavailable
from deskhand.logs import log
from deskhand.models import pace
from deskhand.models.base import Completion, Prompt
from deskhand.models.fingerprint import fingerprint
from deskhand.settings.prices import Price
from deskhand.store.admission import Admission, CallRequest, Pace, admit
from deskhand.store.calls import CacheEntry, Call, Calls, Effect, record
from deskhand.store.connection import StoreError

# The longest wait of a step for the limiter; longer waits are left to the state machine's retries.
WAIT_SECONDS = 5.0
# Bytes of UTF-8 per token, a low estimate.
_TOKEN_BYTES = 3
# Upper limit of Retry-After: a server that sends a day would disable itself.
_RETRY_SECONDS = 300.0
_LEASE_MARGIN_SECONDS = 10.0
# The model may charge for these calls although no usable answer came back.
_MAY_COST = (ModelUnavailable, ModelOutputInvalid)


@dataclass(frozen=True, slots=True)
class CallLimits:
    """The settings for the calls of one provider.

    `guarded`: it has breaker, limiter and cache. `variant`: the settings that change its answers.
    """

    guarded: bool
    variant: str
    price: Price | None
    requests_per_minute: int
    tokens_per_minute: int
    daily_budget: float
    breaker_calls: int
    breaker_window_seconds: float
    breaker_open_seconds: float
    cache_hours: float
    reply_days: int
    timeout: float


@dataclass(slots=True)
class _Open:
    """The current call."""

    prompt: Prompt
    request: CallRequest | None = None
    answer: str | None = None
    started: float = field(default_factory=time.perf_counter)


class Ledger:
    """The record of one provider's calls during one step; one call at a time.

    `latest` is the monotonic moment until which a call may wait for its start; `fallback`: an
    earlier provider of the chain comes before this one.
    """

    def __init__(
        self,
        calls: Calls,
        provider: str,
        model: str,
        terms: CallLimits,
        *,
        latest: float,
        fallback: bool,
    ) -> None:
        self._calls = calls
        self._provider = provider
        self._model = model
        self._terms = terms
        self._latest = latest
        self._fallback = fallback
        self._open: _Open
        self.admission = Admission()

    def open(self, prompt: Prompt, schema: type[BaseModel]) -> None:
        """Begins a call; `admission` then says whether it may start."""
        self._open = _Open(prompt)
        self.admission = Admission()
        if self._terms.guarded:
            self._open.request = self._request(prompt, schema)
            self.ask()

    def ask(self, *, alone: bool = False, cached: bool = True) -> None:
        """Requests the admission (again): `alone` does not wait for another call with the same
        question, and with `cached` False a stored answer is ignored."""
        if self._open.request is None:
            return
        request = replace(
            self._open.request, max_wait_seconds=min(WAIT_SECONDS, max(0.0, self.patience()))
        )
        if not cached:
            request = replace(request, key=None)
        found = self._tried(lambda: admit(self._calls.connection, request, alone=alone))
        self.admission = found or Admission()

    def patience(self) -> float:
        """Seconds left to wait before the call must start; negative when the time is over."""
        return self._latest - time.monotonic()

    def start(self) -> None:
        """Marks the start of the request to the model: the waiting is over."""
        self._open.started = time.perf_counter()

    def keep(self, answer: str) -> None:
        """Sets the answer that the cache will store for this question."""
        self._open.answer = answer

    def record_completion[T](self, completion: Completion[T]) -> Completion[T]:
        """Records a successful call; returns the completion with its cost."""
        if completion.cached:
            completion = replace(completion, requests=0, cost_usd=0.0)
            self._write(self._call("ok", completion), None)
            return completion
        price = self._terms.price
        used = (completion.input_tokens, completion.output_tokens)
        completion = replace(completion, cost_usd=price.of(*used) if price else None)
        self._write(self._call("ok", completion), self._effect(used, completion.requests))
        return completion

    def record_failure(self, error: DeskhandError) -> None:
        """Records a failed call, whose token usage is unknown."""
        self._write(self._call(type(error).__name__), self._effect(error=error))

    def _request(self, prompt: Prompt, schema: type[BaseModel]) -> CallRequest:
        terms = self._terms
        read = len((prompt.system + prompt.user).encode("utf-8", "replace")) // _TOKEN_BYTES
        asked = (self._provider, self._model, terms.variant)
        return CallRequest(
            provider=self._provider,
            model=self._model,
            key=fingerprint(asked, prompt, schema) if terms.cache_hours else None,
            requests=pace.of_requests(terms.requests_per_minute),
            tokens=pace.of_tokens(terms.tokens_per_minute, read + prompt.answer_tokens),
            cost_usd=terms.price.of(read, prompt.answer_tokens) if terms.price else 0.0,
            budget_usd=terms.daily_budget or None,
            open_seconds=terms.breaker_open_seconds,
            lease_seconds=terms.timeout + WAIT_SECONDS + _LEASE_MARGIN_SECONDS,
            max_wait_seconds=0.0,
        )

    def _effect(
        self, used: tuple[int, int] = (0, 0), requests: int = 1, error: DeskhandError | None = None
    ) -> Effect | None:
        """The call's effect on breaker, limiter and cache; None when the provider is not
        guarded."""
        request, terms, reserved = self._open.request, self._terms, self.admission.reserved
        if request is None:
            return None
        tokens = _seconds(pace.of_tokens(terms.tokens_per_minute, sum(used)))
        cost = terms.price.of(*used) if terms.price else 0.0
        if isinstance(error, _MAY_COST):
            tokens, cost = _seconds(request.tokens), request.cost_usd
        if isinstance(error, ModelOutputInvalid) and self._open.prompt.repair:
            requests = 2
        return Effect(
            provider=self._provider,
            model=self._model,
            failed=isinstance(error, TRANSIENT),
            probing=self.admission.probing,
            breaker_calls=terms.breaker_calls,
            window_seconds=terms.breaker_window_seconds,
            request_seconds=_seconds(request.requests) * (requests - reserved),
            token_seconds=tokens - (_seconds(request.tokens) if reserved else 0.0),
            cost_usd=cost - (request.cost_usd if reserved and request.budget_usd else 0.0),
            retry_seconds=min(getattr(error, "retry_after", None) or 0.0, _RETRY_SECONDS),
            day=self.admission.day if reserved else None,
        )

    def _write(self, call: Call, effect: Effect | None) -> None:
        request, entry = self._open.request, None
        if request and request.key and not call.cached:
            entry = CacheEntry(request.key, self._open.answer, self._terms.cache_hours)
        self._tried(lambda: record(self._calls, call, effect, entry))

    def _call(self, outcome: str, completion: Completion[Any] | None = None) -> Call:
        prompt, elapsed = self._open.prompt, time.perf_counter() - self._open.started
        return Call(
            provider=self._provider,
            model=self._model,
            prompt=prompt.name,
            prompt_version=prompt.version,
            latency_ms=completion.latency_ms if completion else round(elapsed * 1000),
            requests=completion.requests if completion else 1,
            input_tokens=completion.input_tokens if completion else 0,
            output_tokens=completion.output_tokens if completion else 0,
            cost_usd=completion.cost_usd if completion else None,
            outcome=outcome,
            cached=completion.cached if completion else False,
            fallback=self._fallback,
            reply=_reply(completion),
            reply_days=self._terms.reply_days,
        )

    def _tried[T](self, action: Callable[[], T]) -> T | None:
        try:
            return action()
        except StoreError as error:
            if self._calls.connection.closed:
                raise
            log.warning("models unguarded", extra={"error": type(error).__name__})
            return None


def _seconds(taken: Pace | None) -> float:
    return taken.seconds if taken else 0.0


def _reply(completion: Completion[Any] | None) -> str | None:
    """The model's reply without characters that Postgres rejects; None for a cached answer."""
    if completion is None or completion.cached:
        return None
    return completion.raw.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
