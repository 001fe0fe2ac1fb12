"""How many of the secrets of a written set are found, and that nothing else is."""

import re
from pathlib import Path

import pytest

from deskhand.safety.secrets.finding import find_secrets
from deskhand.safety.secrets.hiding import hide

_SECRET = re.compile("⟦(.*?)⟧", re.DOTALL)


def texts(name: str) -> tuple[list[str], list[str]]:
    """The texts of a file: those that were looked at during the work, and the others."""
    content = Path(__file__).with_name(name).read_text(encoding="utf-8").replace("¦", "")
    halves = content.partition("# held\n")[::2]
    return tuple([_read(line) for line in half.splitlines() if _is_text(line)] for half in halves)  # type: ignore[return-value]  # two halves make two lists


def _is_text(line: str) -> bool:
    return bool(line) and not line.startswith("#")


def _read(line: str) -> str:
    return line.replace("\\r", "\r").replace("\\n", "\n")


def is_hidden(text: str) -> bool:
    """Whether nothing is left of the marked secrets."""
    shown = hide(_SECRET.sub(r"\1", text))
    words = [word for secret in _SECRET.findall(text) for word in secret.split()]
    return not any(len(word) > 1 and word in shown for word in words)


@pytest.mark.parametrize(("half", "least"), [(0, 1.0), (1, 0.93)], ids=["open", "held"])
def test_secrets_are_found(half: int, least: float) -> None:
    """F-E12"""
    written = texts("written.txt")[half]
    assert len(written) > 60
    assert sum(map(is_hidden, written)) / len(written) >= least


@pytest.mark.parametrize("half", [0, 1], ids=["open", "held"])
def test_nothing_else_is_taken_for_a_secret(half: int) -> None:
    """F-E12: neither talk about passwords nor code, logs, hashes and keys of tickets."""
    plain = texts("plain.txt")[half]
    assert len(plain) > 60
    assert [text for text in plain if find_secrets(text)] == []
