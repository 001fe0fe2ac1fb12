"""JSON bodies: what is taken, what is named, what counts as the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.document import MAX_DEPTH, Malformed, canonical, parse, pointer

_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(_JSON)
def test_what_is_taken_comes_back_unchanged(value: object) -> None:
    assert parse(canonical(value)) == value


@given(st.dictionaries(_TEXT, _JSON, min_size=2))
def test_member_order_does_not_count(members: dict[str, object]) -> None:
    assert canonical(members) == canonical(dict(reversed(members.items())))


def test_different_values_have_different_bytes() -> None:
    """F-B6"""
    assert canonical({"a": "b", "c": "d"}) != canonical({"a": 'b","c":"d'})
    assert canonical("é") != canonical("e\u0301")


@given(st.binary())
def test_any_bytes_are_taken_or_refused(body: bytes) -> None:
    """F-A3"""
    try:
        value = parse(body)
    except Malformed as error:
        assert error.detail
    else:
        canonical(value)


def test_depth_is_limited() -> None:
    parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    with pytest.raises(Malformed):
        parse(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))


def test_pointers_are_escaped() -> None:
    assert pointer("a/b", 3, "c~d") == "/a~1b/3/c~0d"
