"""Adapters that a test makes us build: they are kept for ever, so they are closed here."""

from collections.abc import Iterator
from typing import Any

import pytest

from deskhand.models import chain as chain_module
from deskhand.similarity import embedders


def closed_at_the_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The body of a fixture: closes every model's adapter that was built meanwhile."""
    yield from _closed(monkeypatch, chain_module, "_build", chain_module._built)


def embedders_closed_at_the_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same for outside embedding models."""
    yield from _closed(monkeypatch, embedders, "_adapter", embedders._embedder)


def _closed(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, kept: Any) -> Iterator[None]:
    built: list[Any] = []
    build = getattr(module, name)

    def remembered(*arguments: Any) -> Any:
        built.append(build(*arguments))
        return built[-1]

    monkeypatch.setattr(module, name, remembered)
    yield
    for adapter in built:
        if hasattr(adapter, "close"):
            adapter.close()
    # The next server may get the same port, and its settings would bring a closed adapter back.
    kept.cache_clear()
