"""Whether words of an article tell somebody to do something, or only say how things are."""

import re

from deskhand.reply.language import Language, speech_form

# What may stand before the instruction itself: "If it fails, open ...", "Once a day, look at ...".
_LEAD = re.compile(r"[^,.:;!?]{1,80}, ")
_LAST = re.compile(r"([^\W\d_]+)[.!:\"'\u201c\u00bb)]{0,3}$")
_MARKED = re.compile(r"\W{1,3}")


def is_instruction(text: str, language: Language) -> bool:
    """Whether the text begins as an instruction does, or ends as one in German and Dutch."""
    first = text.partition("\n")[0]
    line = _without_marks(speech_form(first))
    clauses = [line]
    if lead := _LEAD.match(line):
        clauses.append(line[lead.end() :])
    return any(_orders(each, language) for each in clauses) or _ends_so(first, language)


def is_question(text: str) -> bool:
    """Whether the text begins with a question, as a check does."""
    return "?" in re.split(r"[.!]\s", text, maxsplit=1)[0]


def is_description(text: str, language: Language) -> bool:
    """Whether the text begins as a description does."""
    return language.begins("describes", _without_marks(speech_form(text)))


def _orders(clause: str, language: Language) -> bool:
    """A verb that is followed by another one is a noun: "update was interrupted"."""
    found = language.pattern("instructs").match(clause)
    return found is not None and not language.begins("finite", clause[found.end() :].lstrip())


def _ends_so(line: str, language: Language) -> bool:
    """ "Seite neu laden": the infinitive is the last word, and no other verb is in the line."""
    last = _LAST.search(line[-60:])
    if last is None or not last[1].islower() or language.says("finite", line):
        return False
    return language.pattern("ends").fullmatch(last[1]) is not None


def _without_marks(line: str) -> str:
    marks = _MARKED.match(line)
    return line[marks.end() :] if marks else line
