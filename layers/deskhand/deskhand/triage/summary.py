"""Summarises a ticket by one of its own sentences: extractive, nothing is invented."""

import re
from collections.abc import Iterator

from deskhand.safety.shorten import shorten
from deskhand.similarity.lexical import terms
from deskhand.ticket import CUT, TicketText, begins_with

# The fewest terms of an informative sentence; with fewer it is a greeting or a heading.
_INFORMATIVE_TERMS = 2
# The subject matter of a ticket is stated early.
_NEAR = 5

_BREAK = re.compile(r"(?<=[.!?])\s+|\n+")
_GREETING = re.compile(
    r"^\W*(hi|hello|hey|dear|good (morning|afternoon|evening|day)|hallo|guten|thanks|thank you"
    r"|regards|best|cheers|sincerely|sent from)\b",
    re.IGNORECASE,
)
# Text after a greeting on the same line belongs to the message.
_GREETED = re.compile(r"[^,.!:;]{0,40}(?:[,.!:;]+\s*|$)")
# Quoted mail, stack frames, log lines and headers are not the requester's words.
_MACHINE = re.compile(
    r"^\s*(>|at [\w.$<>]+\(|File \"|Traceback|Caused by|[A-Z][\w-]+: \S+@"
    r"|\[?\d{4}-\d\d-\d\d[ T]|[-=_*#]{3,})"
)


def summarise(ticket: TicketText) -> str:
    """One sentence of at most 120 characters that adds to the subject; never empty.

    The first informative sentence that shares terms with the subject, else the first informative
    one, else the subject.
    """
    known = set(terms(ticket.subject))
    sentences = list(_sentences(ticket.body))
    new = [each for each in sentences if _is_new(each, ticket.subject, known)]
    first = next((each for each in new[:_NEAR] if known.intersection(terms(each))), None)
    said = (first, *new[:1], ticket.subject.strip(), *sentences[:1])
    return next((shorten(each) for each in said if each), "(no text)")


def _is_new(sentence: str, subject: str, known: set[str]) -> bool:
    """Whether the sentence is informative and says more than the subject."""
    words = set(terms(sentence))
    cut = subject.endswith(CUT) and begins_with(sentence, subject)
    return len(words) >= _INFORMATIVE_TERMS and not words <= known and not cut


def _sentences(text: str) -> Iterator[str]:
    for sentence in _BREAK.split(text):
        said = _ungreeted(sentence).strip()
        if said and not _MACHINE.match(sentence):
            yield said


def _ungreeted(sentence: str) -> str:
    """The sentence without its greeting; empty when it is only a greeting."""
    if not _GREETING.match(sentence):
        return sentence
    greeted = _GREETED.match(sentence)
    return sentence[greeted.end() :] if greeted else ""
