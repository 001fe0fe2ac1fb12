"""A ticket in one sentence of its own: extractive, nothing is invented."""

import re
from collections.abc import Iterator

from deskhand.safety.presentable import shorten
from deskhand.similarity.lexical import terms
from deskhand.ticket import TicketText

# A sentence says something from here on; below, it is a greeting or a heading.
_INFORMATIVE_TERMS = 2

_BREAK = re.compile(r"(?<=[.!?])\s+|\n+")
_GREETING = re.compile(
    r"^\W*(hi|hello|hey|dear|good (morning|afternoon|evening|day)|hallo|guten|thanks|thank you"
    r"|regards|best|cheers|sincerely|sent from)\b",
    re.IGNORECASE,
)
# Quoted mail, stack frames, log lines and headers are not what the requester says.
_MACHINE = re.compile(
    r"^\s*(>|at [\w.$<>]+\(|File \"|Traceback|Caused by|[A-Z][\w-]+: \S+@"
    r"|\[?\d{4}-\d\d-\d\d[ T]|[-=_*#]{3,})"
)


def summarise(ticket: TicketText) -> str:
    """The first informative sentence of subject or body, at most 120 characters; never empty."""
    sentences = list(_sentences(ticket))
    informative = (s for s in sentences if len(terms(s)) >= _INFORMATIVE_TERMS)
    chosen = next(informative, None) or ticket.subject.strip() or next(iter(sentences), "")
    return shorten(chosen) or "(no text)"


def _sentences(ticket: TicketText) -> Iterator[str]:
    for sentence in (ticket.subject, *_BREAK.split(ticket.body)):
        if not _MACHINE.match(sentence) and not _GREETING.match(sentence) and sentence.strip():
            yield sentence.strip()
