"""Detects instructions to a model in a ticket, and removes them from its text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from deskhand.safety.injection.views import disguised_views, open_views
from deskhand.safety.injection.wording import worded_signs
from deskhand.ticket import TicketText

# The meaning of each sign, without quoting the ticket.
SIGNS = {
    "override": "asks to ignore instructions",
    "reveal": "asks for the model's instructions",
    "role": "gives the model a role or a task",
    "answer": "says what the model is to answer",
    "send": "asks for something to be sent, closed or deleted for everybody",
    "posing": "poses as a message of the system, the model or a tool",
    "forged": "holds an answer as the model would give it",
    "link": "holds a link that would carry data away",
    "disguised": "hides instructions in an encoding or a spelling",
    "hidden": "hides instructions from people's eyes",
    "invisible": "holds invisible characters where no language needs them",
    # A sign in the answer: the model repeated its instructions.
    "repeated": "made the model repeat its instructions",
}

# White space within a line. Across line ends, matching would take quadratic time.
_SPACE = r"[^\S\n]*+"
_TEMPLATE = re.compile(
    r"<\|(?:im_start|im_end|system|user|assistant|end|eot_id|start_header_id|endoftext)\|?>?"
    r"|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|</?(?:tool_call|tool_response|tool_result"
    r"|function_calls?|function_results?|antml:\w+|system_prompt|system-prompt|instructions?)>"
    r"|\"role\"\s*:\s*\"(?:system|assistant|tool|developer)\"|\"tool_calls?\"\s*:"
    rf"|^#{{2,}}+{_SPACE}(?:instruction|response)s?{_SPACE}:"
    rf"|^{_SPACE}={{2,}}+{_SPACE}ticket\b{_SPACE}\w+{_SPACE}={{2,}}+{_SPACE}$",
    re.IGNORECASE | re.MULTILINE,
)
# A line with the label of another speaker; `System: Windows 11` is part of a normal bug report.
_SPEAKER = re.compile(
    r"^(?:[^\S\n]|[>#*\[(<-])*+(?:system|assistant|developer|tool|function|observation|ai|admin|administrator|root)"
    r"(?: ?(?:message|prompt|note|output|result|response|instruction|notice|update|override))?"
    r"[\])>*]*\s*[:>\]](.*(?:\n(?![^\S\n]*+\n).*){0,3})",
    re.IGNORECASE | re.MULTILINE,
)
_SPEAKS_TO_A_MODEL = re.compile(
    r"\b(?:classif|categor|priorit|confiden|respon[ds]|answer|ignore|instruct|prompt|assistant|summar"
    r"|must\b|comply|obey|authori[sz]ed|override|escalat|mark(?:ed)? (?:this|as)"
    r"|set (?:the )?(?:sla|status))",
    re.IGNORECASE,
)
_FIELDS = (
    "category",
    "request_type",
    "summary",
    "confidence",
    "evidence",
    "priority",
    "needs_review",
)
_FIELD = re.compile(rf"[\"'{{,\s]({'|'.join(_FIELDS)})[\"']?\s*[:=]", re.IGNORECASE)
_FORGED_FIELDS = 3
# An image or link whose address has a placeholder, or ends where data would follow.
_CARRIER = re.compile(
    r"https?://[^\s)\"'>]{1,300}[?&]\w{1,40}=(?:[\[{<$]|(?=\s*\)))",
    re.IGNORECASE,
)
_HIDING = re.compile(
    r"<!--(.*?)(?:-->|\Z)"
    r"|<(\w{1,40}+)(?!\w)[^>]{0,200}?(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0"
    r"|color\s*:\s*(?:white|#fff(?:fff)?)\b|\bhidden\b|aria-hidden)[^>]{0,200}>(.*?)(?:</\2>|\Z)"
    r"|(?:alt|title|aria-label)\s*=\s*\"([^\"]{10,500})\""
    r"|^\[//\]: # \(([^\n]*)\)[^\S\n]*$",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_UNSEEN = "\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff"
# Between Latin letters invisible characters have no purpose; elsewhere they join letters and emoji.
_INVISIBLE = re.compile(
    rf"(?:[A-Za-z][{_UNSEEN}]+(?=[A-Za-z])[^\n]{{0,40}}?){{3}}|[{_UNSEEN}]{{6,}}"
    "|[\u202d\u202e]|[\U000e0020-\U000e007e]{4,}"
)
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,6}\U000e007f")
_MANY_SENTENCES = 200
_SHORT_SENTENCE = 60
_STOP = ".!?\u3002\uff01\uff1f"
_SENTENCE = re.compile(rf"[^\n{_STOP}]*+(?:[{_STOP}]++|\n|$)\n*+")


@dataclass(frozen=True, slots=True)
class Suspicion:
    """The signs found, empty for an honest ticket, and the ticket without the suspicious
    passages."""

    signs: tuple[str, ...]
    rest: TicketText


def examine(ticket: TicketText) -> Suspicion:
    """Looks for instructions to a model in subject and body."""
    signs = signs_in(ticket.text)
    if not signs:
        return Suspicion((), ticket)
    subject, body = _without(ticket.subject), _without(ticket.body)
    kept = TicketText(subject or ticket.subject, body) if subject or body else ticket
    return Suspicion(tuple(name for name in SIGNS if name in signs), kept)


def signs_in(text: str) -> frozenset[str]:
    """Names of SIGNS."""
    signs = {sign for view in open_views(text) for sign in _read(view)}
    if under := {sign for view in disguised_views(text) for sign in _read(view)} - signs:
        signs |= under | {"disguised"}
    if any(_to_a_model(part) for hiding in _HIDING.finditer(text) for part in hiding.groups()):
        signs.add("hidden")
    if _INVISIBLE.search(_FLAG.sub("", text)):
        signs.add("invisible")
    return frozenset(signs)


def _to_a_model(part: str | None) -> bool:
    if not part:
        return False
    fields = _SPEAKS_TO_A_MODEL.search(part) and _FIELD.search(part)
    return bool(fields) or any(worded_signs(part))


def _read(text: str) -> Iterator[str]:
    yield from worded_signs(text)
    yield from _structural(text)


def _structural(text: str) -> Iterator[str]:
    if _TEMPLATE.search(text) or any(
        _SPEAKS_TO_A_MODEL.search(speech.group(1)) for speech in _SPEAKER.finditer(text)
    ):
        yield "posing"
    if len({found.group(1).lower() for found in _FIELD.finditer(text)}) >= _FORGED_FIELDS:
        yield "forged"
    if _CARRIER.search(text):
        yield "link"


def _without(text: str) -> str:
    """The sentences without a sign."""
    sentences = _sentences(_HIDING.sub(" ", text))
    return "".join(sentence for sentence in sentences if not signs_in(sentence)).strip()


def _sentences(text: str) -> Iterator[str]:
    """The text as sentences or lines; when there are many, short ones are joined."""
    sentences = [found.group() for found in _SENTENCE.finditer(text) if found.group()]
    least = 1 if len(sentences) <= _MANY_SENTENCES else _SHORT_SENTENCE
    piece = ""
    for sentence in sentences:
        piece += sentence
        if len(piece) >= least:
            yield piece
            piece = ""
    yield piece
