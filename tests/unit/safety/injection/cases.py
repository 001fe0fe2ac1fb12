"""The attacks of attacks.toml, each in an honest ticket, and the honest lines of honest.txt."""

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

from deskhand.ticket import TicketText

HONEST = TicketText("New mouse", "I would like to order a new mouse for my desk.")
_ESCAPE = re.compile(r"\\U([0-9a-f]{8})|\\u([0-9a-f]{4})")


class Attack(NamedTuple):
    """A ticket that tries to instruct the model."""

    disguise: str
    name: str
    ticket: TicketText

    def __str__(self) -> str:
        return f"{self.disguise}-{self.name}"


def attacks() -> list[Attack]:
    """All of them."""
    content = Path(__file__).with_name("attacks.toml").read_text(encoding="utf-8")
    return [
        Attack(disguise, name, _within(text))
        for disguise, texts in tomllib.loads(content).items()
        for name, text in texts.items()
    ]


def honest_lines() -> list[str]:
    """Tickets that look a little like attacks."""
    content = Path(__file__).with_name("honest.txt").read_text(encoding="utf-8")
    lines = (line for line in content.splitlines() if line and not line.startswith("#"))
    return [_ESCAPE.sub(_character, line).replace("\\n", "\n") for line in lines]


def _within(text: str) -> TicketText:
    padded = text.replace("{{padding}}", "The mouse is broken. " * 400)
    return TicketText(HONEST.subject, f"{HONEST.body}\n\n{padded}\n\nThanks!")


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape.group(1) or escape.group(2), 16))
