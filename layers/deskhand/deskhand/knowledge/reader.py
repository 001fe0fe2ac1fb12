"""Reads a page of Markdown into blocks of plain text, for search and quotation.

markdown-it-py does the parsing (CommonMark with GitHub's tables and struck-out text). Only what
stores articles imports this module: the steps read what was stored.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.tree import SyntaxTreeNode

from deskhand.knowledge import front_matter
from deskhand.knowledge.concealed import HTML, conceal
from deskhand.knowledge.quotes import GLUE, Quote, glue, sentences, unglue
from deskhand.knowledge.readers import Readers

# A longer heading is a paragraph.
_HEADING = 200
# `{#id .class}` after a heading, `{: .class}` of a paragraph, `:::note` around blocks, `[^1]`.
_ATTRIBUTES = re.compile(
    r"(?<![ \t])[ \t]*+\{(?:[#.:][^{}]{0,200}|[\w-]{1,40}=[^{}]{0,200})\}[ \t]*+$", re.M
)
_CONTAINER = re.compile(r"^[ \t]*:::+.*$", re.M)
_FOOTNOTE = re.compile(r"\[\^[^\]\s\[]{1,40}\]:?")
# A definition that cannot be one, since it follows a line of text or its title is malformed.
_DEFINITION = re.compile(
    r"^[ \t]*+\[(?!\^)[^\[\]\n]{1,200}\]:[ \t]++(?:#|<[^<>\n]*+>|(?=[^\s/.#]*+[/.#])[^\s]++)"
    r"(?:[ \t]++[\"'(].*)?[ \t]*$",
    re.M,
)
_TASK = re.compile(r"^\[[ xX]\][ \t]+")
_PRE, _PRE_END = re.compile(r"<(?=[a-z]).*?<pre\b|<pre\b", re.I), re.compile(r"</pre\s*>", re.I)


@dataclass(frozen=True)
class Block:
    """A heading (`level` 1 to 6), or something else, with what can be quoted of it.

    `text` is plain, with the marks of items and fences around code. `lines`: the next block of this
    kind follows without a blank line.
    """

    text: str
    level: int = 0
    quotes: tuple[Quote, ...] = ()
    fence: str = ""
    lines: bool = False


@dataclass(frozen=True)
class Page:
    """A page: what its front matter states, and its blocks."""

    title: str
    tags: tuple[str, ...]
    readers: Readers
    blocks: tuple[Block, ...]


def read(markdown: str) -> Page:
    """The page: its title is in the front matter, or else its first heading."""
    stated, body = front_matter.split(markdown)
    tokens = _MARKDOWN.parse(body.replace(GLUE, " "))
    conceal(tokens)
    blocks = tuple(_Walk().blocks(SyntaxTreeNode(tokens).children))
    heading = next((each.text for each in blocks if each.level), "")
    return Page(stated.title or heading, stated.tags, stated.readers, blocks)


class _Walk:
    """A walk over the outermost nodes of a page."""

    def __init__(self) -> None:
        self._lists = 0

    def blocks(self, nodes: Iterable[SyntaxTreeNode]) -> Iterator[Block]:
        """The blocks; code after a sentence that ends with a colon belongs to it."""
        held: Block | None = None
        for node in nodes:
            for block in self._of(node):
                if held and block.fence and held.quotes and held.quotes[-1].text.endswith(":"):
                    told = replace(held.quotes[-1], text=f"{held.quotes[-1].text}\n{_bare(block)}")
                    held = replace(held, quotes=(*held.quotes[:-1], told))
                    block = replace(block, quotes=())
                if held:
                    yield held
                held = block
        if held:
            yield held

    def _of(self, node: SyntaxTreeNode) -> Iterator[Block]:
        if node.type == "heading":
            yield from _heading(node)
        elif node.type in ("bullet_list", "ordered_list"):
            yield from self._list(node)
        elif node.type == "blockquote":
            yield from (
                replace(each, level=0) for child in node.children for each in self._of(child)
            )
        elif node.type == "table":
            yield from (Block(row, quotes=(Quote(row, "row"),), lines=True) for row in _rows(node))
        elif node.type in ("fence", "code_block"):
            yield from _code(node)
        elif node.type == "paragraph" and (text := _plain(node)):
            yield Block(unglue(text), quotes=tuple(sentences(text)))

    def _list(self, node: SyntaxTreeNode) -> Iterator[Block]:
        self._lists += 1
        said = [each for each in _items(node) if each[1]]
        listed = sum(not each[2].startswith("```") for each in said)
        numbered = node.type == "ordered_list"
        for mark, text, shown in said:
            # An item of nothing but code tells nobody what to do.
            item = Quote(text, "item", numbered, self._lists, listed)
            quote = Quote(text, "code") if shown.startswith("```") else item
            yield Block(_hung(mark, shown), quotes=(quote,), lines=True)


def _heading(node: SyntaxTreeNode) -> Iterator[Block]:
    text = unglue(_plain(node))
    if len(text) > _HEADING:
        yield Block(text, quotes=tuple(sentences(text)))
    elif text:
        yield Block(text, level=int(node.tag[1]))


def _code(node: SyntaxTreeNode) -> Iterator[Block]:
    code = node.content.removesuffix("\n")
    if code.strip():
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", code)), default=0))
        opening = fence + (node.info.split() or [""])[0]
        yield Block(f"{opening}\n{code}\n{fence}", quotes=(Quote(code, "code"),), fence=opening)


def _bare(block: Block) -> str:
    return block.quotes[0].text if block.quotes else ""


def _items(node: SyntaxTreeNode) -> Iterator[tuple[str, str, str]]:
    """Each item of a list: its mark, its text with all that belongs to it, and the text with fences
    around code."""
    first = int(node.attrs.get("start", 1))
    for number, item in enumerate(node.children, first):
        mark = f"{number}. " if node.type == "ordered_list" else "- "
        yield mark, "\n".join(_inside(item)), "\n".join(_inside(item, fenced=True))


def _inside(node: SyntaxTreeNode, *, fenced: bool = False) -> Iterator[str]:
    """The blocks within an item or a quotation, one after the other.

    Without fences, code is not moved to the right either: it is quoted exactly.
    """
    for child in node.children:
        if child.type in ("bullet_list", "ordered_list"):
            for mark, text, shown in _items(child):
                if text:
                    yield _hung(mark, shown) if fenced else mark + text
        elif child.type == "table":
            yield from _rows(child)
        elif child.type in ("fence", "code_block"):
            yield from (each.text if fenced else _bare(each) for each in _code(child))
        elif child.type == "blockquote":
            yield from _inside(child, fenced=fenced)
        elif child.type in ("paragraph", "heading") and (text := unglue(_plain(child))):
            yield _TASK.sub("", text)


def _hung(mark: str, text: str) -> str:
    """An item's lines, those after the first to the right of its mark."""
    first, *rest = text.split("\n")
    return "\n".join([mark + first, *(" " * len(mark) + line if line else "" for line in rest)])


def _rows(table: SyntaxTreeNode) -> Iterator[str]:
    """Each row as text that can be read alone: `Code: E-12; Meaning: the fuser is too hot`."""
    header, *rows = (row for part in table.children for row in part.children)
    names = [unglue(_plain(cell)).rstrip(":") for cell in header.children]
    for row in rows:
        cells = [unglue(_plain(cell)) for cell in row.children]
        told = [
            f"{n}: {cell}" if n else cell for n, cell in zip(names, cells, strict=False) if cell
        ]
        if told:
            yield "; ".join(told)
    if not rows and any(names):
        yield "; ".join(name for name in names if name)


def _plain(node: SyntaxTreeNode) -> str:
    """The words of a paragraph, a heading or a cell, without marks."""
    return _ATTRIBUTES.sub("", "".join(_words(node.children)))


def _words(nodes: Sequence[SyntaxTreeNode]) -> Iterator[str]:
    for number, node in enumerate(nodes):
        if node.type == "text":
            yield _FOOTNOTE.sub("", node.content)
        elif node.type == "code_inline":
            yield glue(node.content)
        elif node.type in ("softbreak", "hardbreak"):
            yield "\n"
        elif node.type == "html_inline":
            yield node.content
        else:
            mark = node.markup if _is_inside_word(nodes, number) else ""
            yield from (mark, *_words(node.children), mark)


def _is_inside_word(nodes: Sequence[SyntaxTreeNode], number: int) -> bool:
    """Whether marks of emphasis are within a word, as in 2*3*4: there they are no marks."""
    around = nodes[max(number - 1, 0) : number + 2]
    if nodes[number].type not in ("em", "strong") or len(around) < 3:
        return False
    before, after = around[0].content[-1:], around[2].content[:1]
    return before.isalnum() and after.isalnum()


def _drop_definitions(state: StateCore) -> None:
    """Before the inline parser: lines that define links, name containers or hold attributes."""
    for token in state.tokens:
        if token.type == "inline":
            rest = _CONTAINER.sub("", _DEFINITION.sub("", token.content))
            token.content = rest.strip("\n")


def _pre(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Block rule: `<pre>` in HTML up to `</pre>` is code, blank lines included."""
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    if state.is_code_block(start) or not _PRE.match(line) or state.env.get("unclosed"):
        return False
    for last in range(start, end):
        if _PRE_END.search(state.src, state.bMarks[last], state.eMarks[last]):
            break
    else:
        # Not looked for again: many of these would take quadratic time.
        state.env["unclosed"] = True
        return False
    if not silent:
        token = state.push("code_block", "code", 0)
        token.content = state.getLines(start, last + 1, state.blkIndent, False)
        token.meta[HTML] = True
        token.map, state.line = [start, last + 1], last + 1
    return True


_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_MARKDOWN.block.ruler.before("html_block", "pre", _pre, {"alt": ["paragraph", "blockquote"]})
_MARKDOWN.core.ruler.before("inline", "definitions", _drop_definitions)
