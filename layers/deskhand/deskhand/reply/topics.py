"""Which sections of an article are about one problem, and which fits a ticket best.

A page is about one problem (symptoms, checks, solution), or it answers several questions, a section
each. Headings tell which: those that name a stage belong to the problem above them.
"""

import re
from collections.abc import Sequence

from deskhand.knowledge.quotes import SEPARATOR, Passage
from deskhand.reply.language import Language, language, language_of, speech_form, words_of
from deskhand.similarity.lexical import terms
from deskhand.ticket import TicketText

type Topic = tuple[str, ...]

_NUMBERED = re.compile(r"(?:\d{1,3}[.)]?\s+)?(.*?)(?:\s+\d{1,3})?[:.]?")
# How many words after a negation it denies.
_SCOPE = 5
# Beside the cosines of search, 0 to 2: a heading whose words are all in the ticket, and a heading
# that says of a thing that it is there or gone, as the ticket does or does not.
_HEADING, _STATE = 0.6, 0.5
# A passage in the ticket's language, before one as near in another.
_READABLE = 0.3


def topic_of(passage: Passage) -> Topic:
    """The article, and the headings of the problem that the passage is about."""
    path = [] if passage.section == passage.title else passage.section.split(SEPARATOR)
    told = language(language_of(f"{passage.title}\n{passage.text}"))
    while path and is_stage(path[-1], told):
        path.pop()
    return (passage.slug, *path)


def by_fit(ticket: TicketText, passages: Sequence[Passage]) -> list[Passage]:
    """The passages, those of the problem that fits the ticket best first."""
    if not passages:
        return []
    said = language(language_of(ticket.text))
    about = _terms(ticket.text, said)
    fits = {each.id: _fit(ticket.text, about, said, each) for each in passages}
    ranked = sorted(passages, key=lambda each: -fits[each.id])
    first = topic_of(ranked[0])
    return sorted(ranked, key=lambda each: topic_of(each) != first)


def is_stage(heading: str, told: Language) -> bool:
    """Whether the heading names a stage, as "Cause" or "2. Solution"."""
    bare = _NUMBERED.fullmatch(speech_form(heading))
    return bool(bare) and told.pattern("stages").fullmatch(bare[1] if bare else "") is not None


def _fit(text: str, about: frozenset[str], said: Language, passage: Passage) -> float:
    told = language(language_of(f"{passage.title}\n{passage.text}"))
    heading = " ".join(topic_of(passage)[1:])
    names = _terms(heading, told)
    share = len(names & about) / len(names) if names else 0.0
    readable = _READABLE * (told.name == said.name)
    return passage.near + readable + _HEADING * share + _STATE * _agrees(text, said, heading, told)


def _agrees(text: str, said: Language, heading: str, told: Language) -> float:
    """1 where ticket and heading say the same of a thing, -1 where they contradict each other."""
    lacks, holds = said.says("lacks", text), said.says("holds", text)
    if told.says("lacks", heading):
        return 1.0 if lacks else -0.5
    if told.says("holds", heading):
        return -1.0 if lacks else 0.5 * holds
    return 0.0


def _terms(text: str, said: Language) -> frozenset[str]:
    """The stems of the text without those that it denies."""
    kept = list[str]()
    for clause in re.split(r"[.,;:!?\n]", text):
        words, denied = words_of(clause), 0
        for word in words:
            if said.begins("denies", word):
                denied = _SCOPE
            elif denied:
                denied -= 1
            else:
                kept.append(word)
    return frozenset(terms(" ".join(kept) + " " + " ".join(re.findall(r"\d+", text))))
