"""Adapters that a test makes the chain build: it keeps them for ever, so they are closed here."""

from collections.abc import Iterator
from typing import Any

import pytest

from deskhand.providers import chain as chain_module


def closed_at_the_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The body of a fixture: closes every adapter that was built meanwhile."""
    built: list[Any] = []
    build = chain_module._build

    def remembered(*arguments: Any) -> Any:
        built.append(build(*arguments))
        return built[-1]

    monkeypatch.setattr(chain_module, "_build", remembered)
    yield
    for adapter in built:
        if hasattr(adapter, "close"):
            adapter.close()
