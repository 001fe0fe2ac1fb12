"""Markdown in parts: at headings, never inside code, long ones at paragraphs."""

import pytest

from deskhand.sections import Part, parts_of

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
        Part("Deeper", "```sh\n# no heading\n## neither\n```\n\n#hashtag is text"),
    ]


def test_a_heading_without_text_is_no_part() -> None:
    assert parts_of("T", "# A\n\n# B\n\ntext") == [Part("B", "text")]


@pytest.mark.parametrize("body", ["", "\n\n", "# Only a heading"])
def test_there_is_always_a_part(body: str) -> None:
    assert parts_of("T", body) == [Part("T", "")]


def test_a_long_section_is_cut_at_paragraphs_and_loses_nothing() -> None:
    paragraphs = [f"{n} " + "x" * 500 for n in range(7)]
    made = parts_of("T", "# Long\n\n" + "\n\n".join(paragraphs))
    assert {part.heading for part in made} == {"Long"}
    assert "\n\n".join(part.body for part in made) == "\n\n".join(paragraphs)
    assert all(len(part.body) <= 1600 for part in made)
    assert len(made) == 3


def test_a_paragraph_is_never_cut() -> None:
    assert parts_of("T", "y" * 5000) == [Part("T", "y" * 5000)]


def test_an_open_fence_keeps_the_rest_together() -> None:
    assert len(parts_of("T", "a\n\n~~~\n# x\n```\n# y\n")) == 1


@pytest.mark.parametrize(
    ("line", "heading"),
    [("# C#", "C#"), ("## Closed ##", "Closed"), ("# a # b", "a # b"), ("#\tTab \t", "Tab")],
)
def test_what_closes_a_heading_is_not_its_text(line: str, heading: str) -> None:
    assert parts_of("T", f"{line}\ntext") == [Part(heading, "text")]


def test_a_line_of_spaces_takes_no_time() -> None:
    """A pattern that tries every way to part them would take a minute here, and hours for ten."""
    line = "# a" + " " * 20_000 + "b"
    assert len(parts_of("T", "\n".join([line, "text"] * 5))) == 5
