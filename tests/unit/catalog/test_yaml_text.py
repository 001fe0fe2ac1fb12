"""A catalog's text: bounded whatever it says, and read without YAML's surprises."""

import json
import tracemalloc
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from deskhand.catalog.parse import CatalogInvalid, parse_catalog
from deskhand.catalog.yaml_text import MAX_BYTES, document_of


def refused(text: str | bytes) -> tuple[str, str]:
    with pytest.raises(CatalogInvalid) as raised:
        document_of(text.encode() if isinstance(text, str) else text)
    [(pointer, detail)] = raised.value.errors
    return pointer, detail


def test_the_sample_is_read_as_any_yaml_reader_reads_it() -> None:
    """F-I1"""
    data = Path("localstack/samples/catalog.yaml").read_bytes()
    assert document_of(data) == yaml.safe_load(data)
    assert parse_catalog(document_of(data))


def test_words_stay_words() -> None:
    text = "a: no\nb: on\nc: 12:30\nd: 2026-12-25\ne: 'true'\nf: 0o7\ng: <<\n"
    words = {"a": "no", "b": "on", "c": "12:30", "d": "2026-12-25", "e": "true", "f": "0o7"}
    assert document_of(text.encode()) == {**words, "g": "<<"}


def test_numbers_truth_and_nothing() -> None:
    text = "[1, -2, 0.5, 1e3, .5, true, FALSE, null, ~, '', 00012345678901234567890]"
    assert document_of(text.encode()) == [
        1, -2, 0.5, 1000.0, 0.5, True, False, None, None, "", 12345678901234567890.0,
    ]  # fmt: skip


def test_an_empty_text_is_nothing() -> None:
    assert document_of(b"") is None
    assert document_of(b"# only a comment\n") is None


def test_a_member_that_stands_twice_names_its_place_and_line() -> None:
    """F-I1: readers of YAML otherwise take the last one and say nothing."""
    pointer, detail = refused("a:\n  b/c: 1\n  d: 2\n  b/c: 3\n")
    assert (pointer, detail) == ("/a/b~1c", "line 4: is given twice")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system [x]", "!!timestamp 2026-01-01",
                                 "!own {a: 1}", "!!binary aGk="])  # fmt: skip
def test_no_tag_makes_an_object(tag: str) -> None:
    assert refused(f"a: {tag}")[1].endswith("tags are not supported")


def test_aliases_are_written_out() -> None:
    assert document_of(b"a: &x [1, 2]\nb: *x") == {"a": [1, 2], "b": [1, 2]}


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    tracemalloc.start()
    assert "nodes" in refused("\n".join(levels))[1]
    # Ten thousand million nodes, had they been written out.
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()


def test_an_alias_inside_its_own_anchor_has_no_end() -> None:
    assert "not defined before" in refused("a: &a [*a]")[1]


def test_many_aliases_many_nodes_and_much_text_are_refused() -> None:
    assert "aliases" in refused("a: &a 1\nb: [" + "*a, " * 1001 + "]")[1]
    assert "nodes" in refused("[" + "1, " * 100_001 + "]")[1]
    assert refused(b"a" * (MAX_BYTES + 1)) == ("", f"is larger than {MAX_BYTES} bytes")


@pytest.mark.parametrize("brackets", ["[" * 5000, "a: " + "[" * 21 + "]" * 21])
def test_depth_is_limited(brackets: str) -> None:
    assert "deep" in refused(brackets)[1] or "not YAML" in refused(brackets)[1]


@pytest.mark.parametrize(
    "wrong", [b"\xff", b"a: [1", b"a: 'x", b"a: b: c", b"%YAML 9", b"a\x00b", b"@x", b"- a\nb: c"]
)
def test_what_is_no_yaml_says_where(wrong: bytes) -> None:
    refused(wrong)


def test_two_documents_are_one_too_many() -> None:
    assert "second document" in refused("a: 1\n---\nb: 2\n")[1]


def test_a_list_is_no_name() -> None:
    assert "plain word" in refused("{[a]: 1}")[1]
    assert "plain word" in refused("{" * 5000)[1]


words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**15), 10**15) | words,
        lambda inner: st.lists(inner) | st.dictionaries(words, inner),
        max_leaves=20,
    )
)
def test_json_comes_back_as_it_was(value: object) -> None:
    assert document_of(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_value_or_refused(data: bytes) -> None:
    try:
        document_of(data)
    except CatalogInvalid as error:
        assert error.errors
