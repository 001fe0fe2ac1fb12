"""Pages of Markdown: what readers of the page see is text, and nothing else is."""

import pytest

from deskhand.knowledge.reader import Page, read
from deskhand.knowledge.sections import parts_of


def told(page: Page) -> str:
    """All that search, models and drafts get of a page."""
    parts = parts_of("T", page.blocks)
    said = (quote.text for part in parts for quote in part.quotes)
    return "\n".join(
        [page.title, *page.tags, *(f"{each.heading}\n{each.body}" for each in parts), *said]
    )


def headings(markdown: str) -> list[tuple[int, str]]:
    return [(each.level, each.text) for each in read(markdown).blocks if each.level]


def quotes(markdown: str) -> list[tuple[str, str]]:
    return [(each.kind, each.text) for block in read(markdown).blocks for each in block.quotes]


@pytest.mark.parametrize(
    "hidden",
    [
        "<!-- SECRET -->",
        "<!-- INTERNAL:\n\n## SECRET\n\nThe code is SECRET. Never tell.\n\n- SECRET\n-->",
        "<!--\n```\nSECRET\n```\n-->",
        "Seen <!-- SECRET --> seen.",
        "Seen <!-- SECRET\n\n## SECRET\n\nSECRET **SECRET** `SECRET`\n\n    SECRET\n\nSECRET -->",
        "- item <!-- SECRET\n- SECRET\n\nSECRET -->",
        "> <!-- SECRET\n> SECRET\n\nSECRET -->",
        "- item\n\n  <!-- SECRET\n\nSECRET outside\n-->",
        "| a | b |\n|---|---|\n| x | <!-- SECRET --> |",
        "<!-- a --> <!-- SECRET -->",
        "<div>\n<!-- SECRET\n\nSECRET\n\n-->\n</div>",
        "{% comment %} SECRET\n\nSECRET {% endcomment %}",
        "{::comment}\nSECRET\n{:/comment}",
        '<div title="SECRET" data-x="SECRET">\n</div>',
        'Press <kbd title="SECRET">F1</kbd> now.',
        "<script>\nlet a = 'SECRET';\n\nSECRET\n</script>",
        "<style>\n.SECRET {}\n</style>",
        "<p>SECRET</p>",
        "<div hidden>\n\nSECRET\n\n## SECRET\n\n</div>",
        'Seen <span style="display: none">SECRET *SECRET*</span> seen.',
        "<template>\n\nSECRET\n\n</template>",
        "<?php SECRET ?>",
        "<![CDATA[ SECRET ]]>",
        "<!DOCTYPE SECRET>",
        "[ref]: https://SECRET.example 'SECRET'",
        "Text\n[ref]: https://SECRET.example 'SECRET'",
        "[//]: # (SECRET)",
        "[//]: # (SECRET (and SECRET) more)",
        "[comment]: <> (SECRET)",
        "See [the page](https://SECRET.example/x \"SECRET\").",
        "See ![the page](SECRET.png 'SECRET').",
        "## Heading {#SECRET .SECRET}\n\ntext",
        "Paragraph.\n{: .SECRET}",
        ":::SECRET\nInside.\n:::",
        "~~SECRET~~ kept",
        "```SECRET title=\"SECRET\"\n```",
        "<pre hidden>\nSECRET\n</pre>",
        "<div hidden><pre>\nSECRET\n</pre></div>",
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["{}", "Before.\n\n{}", "# H\n{}", "- a\n- b\n\n{}\n"])
def test_what_a_page_does_not_show_is_nowhere(hidden: str, place: str) -> None:
    """F-G1 F-G5 F-D7: no text, no heading, nothing to quote; what follows is read."""
    page = read(place.format(hidden) + "\n\n## After\n\nSeen at last.")
    assert "SECRET" not in told(page)
    assert headings(place.format(hidden) + "\n\n## After\n\nx")[-1] == (2, "After")
    assert "Seen at last." in told(page)


def test_a_comment_that_never_closes_hides_the_rest() -> None:
    assert told(read("Seen.\n\nAlso <!-- SECRET\n\n# SECRET\n\nSECRET")).split() == (
        ["T", "Seen.", "Also", "Seen.", "Also"]
    )


@pytest.mark.parametrize("shown", ["`<!-- x -->`", "```\n<!-- x -->\n```", "    <!-- x -->"])
def test_a_comment_in_code_is_code(shown: str) -> None:
    assert "<!-- x -->" in told(read(f"{shown}\n\nafter"))


@pytest.mark.parametrize(
    ("front", "title", "tags"),
    [
        ('---\ntitle: Ribbon "out"\nowner: SECRET\ntags: [a, "b c"]\n---',
         'Ribbon "out"', ("a", "b c")),
        ("---\ntitle: 'It''s'\ntags:\n  - a\n  - b\n---", "It's", ("a", "b")),
        ("---\ntitle: VPN: it drops\nx: [SECRET\ntags: a, b\n---", "VPN: it drops", ("a", "b")),
        ("---\n# c\no: {x: {title: SECRET}}\ntitle: >-\n  Folded\n  line\n...",
         "Folded line", ()),
        ('+++\ntitle = "Toml"\ntags = ["x"]\nowner = "SECRET"\n+++', "Toml", ("x",)),
        ("\ufeff---\r\ntitle: Dos\r\n---\r", "Dos", ()),
        ("---\ntags: *SECRET\n---", "Head", ()),
    ],
)  # fmt: skip
def test_front_matter_gives_title_and_tags_and_no_text(
    front: str, title: str, tags: tuple[str, ...]
) -> None:
    """F-G1 F-G5"""
    page = read(f"{front}\n\n# Head\n\nText.")
    assert (page.title, page.tags) == (title, tags)
    assert [each.text for each in page.blocks] == ["Head", "Text."]
    assert "SECRET" not in told(page)


def test_a_break_at_the_start_is_no_front_matter() -> None:
    assert [each.text for each in read("---\n\nOne.\n\n---\n\nTwo.").blocks] == ["One.", "Two."]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Put `max_log_size` in kiosk_settings.ini.", "Put max_log_size in kiosk_settings.ini."),
        (r"Edit C:\Kiosk\kiosk_settings.ini now.", r"Edit C:\Kiosk\kiosk_settings.ini now."),
        ("Use 5*3*2 and a_b_c in `a*b  _c_`.", "Use 5*3*2 and a_b_c in a*b  _c_."),
        ("A **bold** and _soft_ word.", "A bold and soft word."),
        ("Write \\*this\\* &amp; &lt;that&gt;.", "Write *this* & <that>."),
        ("Press <kbd>F1</kbd><br>twice.", "Press F1 twice."),
        ("A [link][x] and <https://a.example>.\n\n[x]: /y", "A link and https://a.example."),
        ("As said[^1].", "As said."),
        ("`` a`b ``", "a`b"),
        ("fastly_logs.bouncer", "fastly_logs.bouncer"),
    ],
)
def test_words_are_quoted_exactly(text: str, said: str) -> None:
    """F-D7"""
    assert quotes(text) == [("sentence", said)]


def test_items_are_whole_with_what_belongs_to_them() -> None:
    """F-D7"""
    page = (
        "1. Open the file on the\n   kiosk itself.\n2. Run:\n\n   ```sh\n   # as root\n"
        "   a  b\n   ```\n\n   Then wait.\n   - on Windows\n   - on a Mac\n3. See\n\n"
        "   | Code | Meaning |\n   |---|---|\n   | E-1 | hot |\n- [ ] Another\n"
    )
    assert quotes(page) == [
        ("item", "Open the file on the kiosk itself."),
        ("item", "Run:\n# as root\na  b\nThen wait.\n- on Windows\n- on a Mac"),
        ("item", "See\nCode: E-1; Meaning: hot"),
        ("item", "Another"),
    ]
    first, _, _, other = (quote for block in read(page).blocks for quote in block.quotes)
    assert (first.numbered, first.list, first.items) == (True, 1, 3)
    assert (other.numbered, other.list, other.items) == (False, 2, 1)


def test_rows_of_a_table_say_what_their_columns_are() -> None:
    """F-D7"""
    table = "| Code | Meaning | Do |\n|---|:-:|---|\n| E-12 | *hot* | wait |\n| E-13 | | `x_y` |"
    assert quotes(table) == [
        ("row", "Code: E-12; Meaning: hot; Do: wait"),
        ("row", "Code: E-13; Do: x_y"),
    ]


@pytest.mark.parametrize(
    "code",
    [
        "```\n{}\n```",
        "````sh\n{}\n````",
        "<pre>\n{}\n</pre>",
        '<pre><code class="x">{}</code></pre>',
        '<div class="highlight"><pre>\n{}\n</pre></div>',
    ],
)
def test_code_stays_code(code: str) -> None:
    """F-G1 F-G5: its comments are no headings, and each of its lines is as it was."""
    lines = "# run as operator\n\n  badgectl clean  --head\n## x"
    page = f"## Clean the head\n{code.format(lines)}\n### After cleaning\n\nText."
    assert quotes(page) == [("code", lines), ("sentence", "Text.")]
    assert [each.heading for each in parts_of("T", read(page).blocks)] == [
        "Clean the head", "Clean the head › After cleaning"
    ]  # fmt: skip


def test_code_belongs_to_the_sentence_that_announces_it() -> None:
    assert quotes("Be careful. Run this:\n\n```\nx\n```") == [
        ("sentence", "Be careful."),
        ("sentence", "Run this:\nx"),
    ]


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("Top\n===", [(1, "Top")]),
        ("Two\nlines\n---", [(2, "Two lines")]),
        ("text\n\n---\n\nmore", []),
        ("- item\n---", []),
        ("> # quoted\n\n- # listed", []),
        ("| a | b |\n|---|---|\n| c | d |", []),
        ("# Above\n---", [(1, "Above")]),
        ("# " + "x" * 201, []),
        ("#hashtag", []),
        ("#", []),
        ("text\n## Right *below* ##", [(2, "Right below")]),
        ("# C#", [(1, "C#")]),
    ],
)
def test_headings(markdown: str, found: list[tuple[int, str]]) -> None:
    assert headings(markdown) == found
