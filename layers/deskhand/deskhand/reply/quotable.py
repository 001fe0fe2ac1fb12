"""What can be said of an article's sections: statements and steps, in the article's own words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from deskhand.knowledge.quotes import Passage, Quote
from deskhand.reply.draft import CHARACTERS
from deskhand.reply.language import Language, language, language_of
from deskhand.reply.telling import is_description, is_instruction, is_question
from deskhand.reply.topics import is_stage
from deskhand.safety.sanitise import visible_text
from deskhand.safety.secrets.finding import find_secrets


@dataclass(frozen=True)
class Line:
    """Words of a passage; `doing`: they tell somebody to do something. `row`: of a table.

    The steps of one list have its number; all of them are said or none.
    """

    text: str
    passage: Passage
    doing: bool = False
    row: bool = False
    list: int = 0


@dataclass(frozen=True)
class _Said:
    """A quote, its passage, and the language of that."""

    quote: Quote
    passage: Passage
    language: Language

    @property
    def is_lead(self) -> bool:
        """Whether it announces what comes next, and says nothing by itself."""
        return self.quote.kind == "sentence" and self.quote.text.endswith(":")


def lines_of(passages: Sequence[Passage]) -> list[Line]:
    """The lines of the passages in the order of the page; none states a secret."""
    lines, lead = list[Line](), ""
    for _, group in groupby(_said(passages), key=_block):
        block = list(group)
        if block[0].quote.kind == "item":
            lines += _of_list(block, lead)
        else:
            lines += [_alone(each) for each in block if not each.is_lead]
        lead = block[-1].quote.text if block[-1].is_lead else ""
    return [line for line in lines if _can_be_said(line)]


def _said(passages: Sequence[Passage]) -> Iterator[_Said]:
    for passage in sorted(passages, key=lambda each: each.number):
        told = language(language_of(f"{passage.title}\n{passage.text}"))
        yield from (_Said(quote, passage, told) for quote in passage.quotes)


def _block(said: _Said) -> tuple[str, int, int]:
    """A list is one block, also where it goes on in the next passage."""
    listed = said.quote.list
    return (said.quote.kind, listed, 0 if listed else said.passage.number)


def _can_be_said(line: Line) -> bool:
    shown = bool(visible_text(line.text)) and len(line.text) <= CHARACTERS
    return shown and not find_secrets(line.text)


def _alone(said: _Said) -> Line:
    quote, passage = said.quote, said.passage
    if quote.kind != "sentence":
        return Line(quote.text, passage, row=quote.kind == "row")
    if _orders(said):
        return Line(quote.text, passage, doing=True)
    carries = quote == passage.quotes[0] and _answers(said)
    return Line(_under(passage.heading, quote.text) if carries else quote.text, passage)


def _answers(said: _Said) -> bool:
    """Whether the sentence says little without the heading: an answer, or a word for it."""
    heading = said.passage.heading
    if said.passage.section == said.passage.title or is_stage(heading, said.language):
        return False
    asks = heading.endswith("?") or said.language.begins("asks", heading)
    return asks or said.language.begins("answers", said.quote.text)


def _under(heading: str, text: str) -> str:
    return f"{heading} {text}" if heading[-1:] in "?!.:" else f"{heading}: {text}"


def _orders(said: _Said) -> bool:
    return is_instruction(said.quote.text, said.language)


def _of_list(items: Sequence[_Said], lead: str) -> list[Line]:
    """Steps when most items tell somebody to do something, otherwise one statement.

    Nothing of a list that is not whole, or that states a secret.
    """
    whole = "\n".join(each.quote.text for each in items)
    if len(items) < items[0].quote.items or find_secrets(whole):
        return []
    if 2 * sum(map(_is_step, items)) < len(items):
        return [Line(_listed(items, lead), items[0].passage)]
    steps = list[Line]()
    for each in items:
        if _is_step(each) or not steps:
            steps.append(Line(each.quote.text, each.passage, _is_step(each), list=each.quote.list))
        else:
            # It says what comes of the step before: "2. Press the key. 3. The light is green."
            more = f"{steps[-1].text} {each.quote.text}"
            steps[-1] = Line(more, steps[-1].passage, doing=True, list=each.quote.list)
    return steps


def _is_step(said: _Said) -> bool:
    """A numbered item is one unless it describes something; others must begin as instructions."""
    if _orders(said) or is_question(said.quote.text):
        return True
    return said.quote.numbered and not is_description(said.quote.text, said.language)


def _listed(items: Sequence[_Said], lead: str) -> str:
    passage = items[0].passage
    told = lead or ("" if passage.section == passage.title else f"{passage.heading}:")
    return "\n".join([told, *(f"- {each.quote.text}" for each in items)]).strip()
