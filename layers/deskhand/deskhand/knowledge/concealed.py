"""Finds what a page does not show its readers: comments, hidden elements, struck-out text.

It follows the parser's tokens in the page's order, so what opens in one block may close in another.
A comment that never closes hides the rest of the page: rather too little is quoted than a secret.
"""

import re
from html import unescape

from markdown_it.token import Token

_COMMENTS = {
    "<!--": re.compile(r"--!?>"),
    "{% comment %}": re.compile(r"\{%-?\s?endcomment\s?-?%\}"),
    "{::comment}": re.compile(r"\{:/(?:comment)?\}"),
    "{/*": re.compile(r"\*/\}"),
}
_OPENING = re.compile(r"(<!--)|(\{%-?\s?comment\s?-?%\})|(\{::comment\})|(\{/\*)")
_OPENED = tuple(_COMMENTS.values())
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*+)((?:\"[^\"<]*+\"|'[^'<]*+'|[^\"'<>])*+)>")
_UNSHOWN = {"script", "style", "template", "noscript", "head", "title", "svg", "math", "iframe",
            "object", "textarea", "select", "del", "s", "strike"}  # fmt: skip
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source",
         "track", "wbr"}  # fmt: skip
_HIDDEN = re.compile(
    r"\shidden(?:[\s=/]|$)|display\s?:\s?none|visibility\s?:\s?hidden|aria-hidden\s?=\s?[\"']?true",
    re.IGNORECASE,
)
_PRE, _PRE_END = re.compile(r"<pre\b[^<>]*>", re.I), re.compile(r"</pre\s*>", re.I)
# Marks a token whose content is HTML around code.
HTML = "html"


class Concealed:
    """What is hidden at the place reached: the end of a comment or of an element is awaited."""

    def __init__(self) -> None:
        self._comment: re.Pattern[str] | None = None
        self._element, self._depth = "", 0

    @property
    def hides(self) -> bool:
        """Whether what comes next is hidden."""
        return bool(self._comment or self._element)

    def visible_part(self, text: str) -> str:
        """The part of a text that is not hidden."""
        kept, place = list[str](), 0
        while place < len(text):
            if self._comment:
                end = self._comment.search(text, place)
                if not end:
                    break
                self._comment, place = None, end.end()
            else:
                start = _OPENING.search(text, place)
                upto = start.start() if start else len(text)
                kept.append("" if self._element else text[place:upto])
                if not start:
                    break
                self._comment, place = _OPENED[(start.lastindex or 1) - 1], start.end()
        return "".join(kept)

    def pass_tags(self, html: str) -> None:
        """Goes past HTML: its comments, and the elements that it opens and closes."""
        for closing, name, attributes in _TAG.findall(self._without_comments(html)):
            self._pass(bool(closing), name.lower(), attributes)

    def _without_comments(self, html: str) -> str:
        element, self._element = self._element, ""
        rest = self.visible_part(html)
        self._element = element
        return rest

    def _pass(self, closing: bool, name: str, attributes: str) -> None:
        if self._element:
            self._depth += (-1 if closing else 1) if name == self._element else 0
            if not self._depth:
                self._element = ""
        elif not closing and name not in _VOID and (name in _UNSHOWN or _HIDDEN.search(attributes)):
            self._element, self._depth = name, 1


def conceal(tokens: list[Token]) -> None:
    """Empties what the page does not show; an HTML block is emptied as a whole."""
    state = Concealed()
    for token in tokens:
        if token.type == "inline":
            _conceal_inline(token.children or [], state)
        elif token.type == "html_block":
            state.pass_tags(token.content)
            token.content = ""
        elif HTML in token.meta:
            token.content = _code_of(token.content, state)
        elif token.type in ("fence", "code_block") and state.hides:
            token.content = ""


def _conceal_inline(children: list[Token], state: Concealed) -> None:
    struck = 0
    for token in children:
        struck += {"s_open": 1, "s_close": -1}.get(token.type, 0)
        if token.type == "text":
            shown = state.visible_part(token.content)
            token.content = "" if struck else shown
        elif token.type == "html_inline":
            state.pass_tags(token.content)
            token.content = " " if re.match(r"<br\b", token.content, re.IGNORECASE) else ""
        elif token.type == "code_inline" and (state.hides or struck):
            token.content = ""
        elif token.type == "image":
            _conceal_inline(token.children or [], state)


def _code_of(html: str, state: Concealed) -> str:
    """The text between `<pre>` and `</pre>`, without tags and with entities resolved."""
    start = _PRE.search(html)
    end = _PRE_END.search(html, start.end() if start else 0)
    if not start or not end:
        return ""
    state.pass_tags(html[: start.end()])
    hidden = state.hides
    state.pass_tags(html[start.end() :])
    return "" if hidden else unescape(_TAG.sub("", html[start.end() : end.start()])).strip("\n")
