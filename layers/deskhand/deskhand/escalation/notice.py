"""A notice in the format of each channel. Text of a requester is shown on one line."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Any
from uuid import UUID

from deskhand.safety.sanitise import visible_text

SHOWN_CHARACTERS = 200
_ENCODED = re.compile(r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?]{0,400}\?=")
# Text encoded more often is meant to hide something; the rest is defused, not decoded.
_ENCODED_TIMES = 2


class NotSent(Exception):
    """The receiver did not accept the notice, or the channel is not configured; the message says
    why."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to a recipient; `id` is the same for every attempt to send it."""

    id: UUID
    ticket_id: UUID
    level: int
    recipient: str
    content: dict[str, Any]
    created_at: datetime
    request_id: str | None = None  # of the request that began the ticket's last run

    @property
    def channel(self) -> str:
        """`topic`, `mailto`, or `webhook` for http and https."""
        scheme = self.recipient.partition(":")[0]
        return "webhook" if scheme in ("http", "https") else scheme

    @property
    def kind(self) -> str:
        """The type of the event, for receivers' filters."""
        return "sla.breached" if self.level else "sla.warned"

    @property
    def subject(self) -> str:
        """One line of at most 200 characters."""
        name = self.content.get("level_name")
        level = f"level {self.level}, {name}" if name else f"level {self.level}"
        what = f"SLA breached, {level}" if self.level else "SLA at risk"
        return one_line(f"{what}: {self.content.get('title') or self.ticket_id}")

    @property
    def text(self) -> str:
        """The ticket in a few lines."""
        due = self.content.get("due_at") or "open while the clock stands"
        lines = [self.subject, "", f"Ticket: {self.ticket_id}", f"Due: {due}"]
        lines += [
            f"{name.replace('_', ' ').capitalize()}: {one_line(str(self.content[name]))}"
            for name in ("status", "priority", "category", "request_type", "route", "assignee")
            if self.content.get(name)
        ]
        return "\n".join(lines) + "\n"

    def to_json(self) -> str:
        """The same bytes for every attempt, so signatures and comparisons stay valid."""
        return json.dumps(
            {
                "type": self.kind,
                "timestamp": self.content["at"],
                "data": {
                    "ticket_id": str(self.ticket_id),
                    "level": self.level,
                    **{name: value for name, value in self.content.items() if name != "at"},
                },
            },
            separators=(",", ":"),
        )


def one_line(text: str) -> str:
    """The text's visible characters on one line, cut to 200; encoded words are decoded first."""
    return visible_text(_read(text))[:SHOWN_CHARACTERS]


def _read(text: str) -> str:
    """The text as a mail program shows it, which decodes `=?utf-8?B?...?=` wherever it stands."""
    for _ in range(_ENCODED_TIMES):
        text = _ENCODED.sub(_decoded, text)
    return text.replace("=?", "= ?")


def _decoded(word: re.Match[str]) -> str:
    try:
        return str(make_header(decode_header(word.group())))
    except (HeaderParseError, LookupError, ValueError):
        return " "
