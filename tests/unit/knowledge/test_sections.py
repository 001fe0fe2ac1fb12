"""Markdown in parts: at headings, never inside code, long ones in pieces a model can read."""

from typing import NamedTuple

import pytest

from deskhand.knowledge import sections
from deskhand.knowledge.reader import read


class Part(NamedTuple):
    """A part without its quotes."""

    heading: str
    body: str


def parts_of(title: str, body: str) -> list[Part]:
    return [Part(each.heading, each.body) for each in sections.parts_of(title, read(body).blocks)]


PAGE = """Before any heading.

## Symptoms ##

It drops.

### Deeper

```sh
# no heading
## neither
```

#hashtag is text
"""


def test_a_page_is_cut_at_its_headings() -> None:
    """F-G1"""
    assert parts_of("VPN", PAGE) == [
        Part("VPN", "Before any heading."),
        Part("Symptoms", "It drops."),
        Part("Symptoms › Deeper", "```sh\n# no heading\n## neither\n```\n\n#hashtag is text"),
    ]


def test_a_heading_without_text_is_no_part() -> None:
    assert parts_of("T", "# A\n\n# B\n\ntext") == [Part("B", "text")]


def test_what_stands_above_a_part_is_in_its_heading() -> None:
    """Two parts of the same name are told apart by headings that have no text of their own."""
    page = """# Profiles

## Windows

### Reset

Open settings.

## Macintosh

### Reset

Open the keychain.

#### If it fails

Call us.

## Linux

Edit the file.
"""
    assert parts_of("Profiles", page) == [
        Part("Windows › Reset", "Open settings."),
        Part("Macintosh › Reset", "Open the keychain."),
        Part("Macintosh › Reset › If it fails", "Call us."),
        Part("Linux", "Edit the file."),
    ]
    assert parts_of("T", page)[0].heading == "Profiles › Windows › Reset"


def test_a_level_that_was_left_out_is_no_parent() -> None:
    page = "### Deep\n\na\n\n# Top\n\nb\n\n### Under\n\nc"
    assert [part.heading for part in parts_of("T", page)] == ["Deep", "Top", "Top › Under"]


@pytest.mark.parametrize("body", ["", "\n\n", "# Only a heading"])
def test_there_is_always_a_part(body: str) -> None:
    assert parts_of("T", body) == [Part("T", "")]


def cut(text: str) -> list[str]:
    """The pieces of a section, none of them too long."""
    made = parts_of("T", f"# Long\n\n{text}")
    assert {part.heading for part in made} == {"Long"}
    assert max(len(part.body) for part in made) <= 1600
    return [part.body for part in made]


def test_a_long_section_is_cut_at_paragraphs_and_loses_nothing() -> None:
    paragraphs = [f"{n} " + "x" * 500 for n in range(7)]
    made = cut("\n\n".join(paragraphs))
    assert "\n\n".join(made) == "\n\n".join(paragraphs)
    assert len(made) == 3


def test_a_long_list_is_cut_at_line_ends() -> None:
    lines = [f"- {n}. The code of this fault is E-{n}." for n in range(1200)]
    assert "\n".join(cut("\n".join(lines))).split("\n") == lines


@pytest.mark.parametrize(
    ("unit", "end"),
    [("No line ends here. ", "."), ("sentences ", "s"), ("y", "y"), ("文です。", "。")],
)
def test_a_long_line_is_cut_at_sentences_then_words_then_anywhere(unit: str, end: str) -> None:
    text = (unit * 1500).strip()
    made = cut(text)
    assert all(piece.endswith(end) for piece in made)
    assert "".join(made).replace(" ", "") == text.replace(" ", "")
    assert all(len(piece) > 1500 for piece in made[:-1])


def test_a_fence_that_fits_is_never_cut() -> None:
    fence = "```sh\n" + "run\n\n" * 250 + "```"
    assert cut(f"{'a ' * 500}\n\n{fence}\n\n{'b ' * 500}")[1] == fence


def test_a_fence_that_does_not_fit_becomes_fences() -> None:
    lines = [f"  run {n}  # again" for n in range(300)]
    made = cut("~~~~sh\n" + "\n".join(lines) + "\n~~~~~\n\nThen wait.")
    assert made[-1].endswith("\n```\n\nThen wait.")
    inside = [piece.removesuffix("\n\nThen wait.").split("\n") for piece in made]
    assert all((first, last) == ("```sh", "```") for first, *_, last in inside)
    assert [line for _, *code, _ in inside for line in code] == lines
