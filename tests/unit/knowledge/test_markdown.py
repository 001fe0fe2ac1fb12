"""Blocks of Markdown: what is a heading, what is code, and what is neither."""

import pytest

from deskhand.knowledge.markdown import Block, blocks


def headings(markdown: str) -> list[tuple[int, str]]:
    return [(each.level, each.text) for each in blocks(markdown) if each.level]


def code(markdown: str) -> list[str]:
    return [each.text for each in blocks(markdown) if each.code]


@pytest.mark.parametrize(
    ("markdown", "inside"),
    [
        ("```\n# a\n```\n# H", ["# a"]),
        ("````\n```\n# a\n```\n````\n# H", ["```\n# a\n```"]),
        ("```\n# a\n```python\n# b\n```\n# H", ["# a\n```python\n# b"]),
        ("```\n# a\n~~~\n# b\n`````\n# H", ["# a\n~~~\n# b"]),
        ("~~~ a`b\n# a\n\n# b\n~~~  \n# H", ["# a\n\n# b"]),
        ("1. x\n\n    ```sh\n    # a\n    ```\n# H", ["    # a"]),
        ("- ```sh\n  # a\n  ```\n# H", ["  # a"]),
        ("> ```\n> # a\n# H", ["> # a"]),
        ("> ```\n> # a\n> ```\n# H", ["> # a"]),
        ("```\n> # a\n> ```\n# b\n```\n# H", ["> # a\n> ```\n# b"]),
        ("text\n```\n# a\n```\n# H", ["# a"]),
        ("---\ntitle: x\n# a\n---\n# H", ["---\ntitle: x\n# a\n---"]),
        ("    # a\n\n    b\nc\n# H", ["    # a\n\n    b"]),
        ("\t# a\n# H", ["\t# a"]),
        ("```inline``` text\n# H", []),
        ("- item\n\n    more of it\n# H", []),
        ("- item\n\n    more of it\n\n    even more\n# H", []),
        ("- item\n# H\n\n    # a", ["    # a"]),
        ("- item\n\n    more of it\n\nend\n\n    # a\n# H", ["    # a"]),
    ],
)
def test_what_is_in_code_is_no_heading_and_what_follows_is(
    markdown: str, inside: list[str]
) -> None:
    assert code(markdown) == inside
    assert headings(markdown) == [(1, "H")]


def test_an_open_fence_takes_the_rest() -> None:
    assert code("```\n# a\n``\n~~~\n# b") == ["# a\n``\n~~~\n# b"]
    assert [each.markdown for each in blocks("```\na")] == ["```\na\n```"]


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("Top\n===", [(1, "Top")]),
        ("Under\n-----  \ntext", [(2, "Under")]),
        ("Two\nlines\n---", [(2, "Two lines")]),
        ("text\n\n---\n\nmore", []),
        ("- item\n---", []),
        ("- item\n\n  more\n---", []),
        ("> quoted\n---", []),
        ("| a | b |\n|---|---|\n| c | d |", []),
        ("a | b\n--- | ---\nc | d", []),
        ("Regards\n--\nAnn", []),
        ("long " * 41 + "\n---", []),
        ("# Above\n---", [(1, "Above")]),
        ("# " + "x" * 201, []),
        ("#hashtag", []),
        ("####### seven", []),
        ("#", []),
        ("text\n## Right below", [(2, "Right below")]),
    ],
)
def test_headings_are_marked_or_underlined(markdown: str, found: list[tuple[int, str]]) -> None:
    assert headings(markdown) == found


def test_lines_that_part_are_left_out() -> None:
    made = list(blocks("---\n\na\n***\nb\n_ _ _\n\n- - -"))
    assert made == [Block("a"), Block("b")]
