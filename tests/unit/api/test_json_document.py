"""JSON bodies: what is taken, what is named, what counts as the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.api.json_document import MAX_DEPTH, Malformed, canonical, fold_numbers, parse, pointer

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


_EXACT = 2**53
_NUMBER = st.integers(1 - _EXACT, _EXACT - 1) | st.floats(allow_nan=False, allow_infinity=False)
_NUMBERS = st.recursive(
    _NUMBER | st.booleans() | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=10,
)


def rewritten(value: object) -> object:
    """The same value as another client writes it."""
    match value:
        case bool() | str():
            return value
        case int():
            return float(value)
        case float():
            return int(value) if value.is_integer() and abs(value) < _EXACT else value
        case list():
            return [rewritten(item) for item in value]
        case dict():
            return {name: rewritten(item) for name, item in value.items()}
    raise AssertionError


@given(_NUMBERS)
def test_how_a_number_is_written_does_not_count(value: object) -> None:
    """F-B6"""
    assert canonical(fold_numbers(rewritten(value))) == canonical(fold_numbers(value))


@given(_JSON)
def test_folding_changes_no_value(value: object) -> None:
    assert fold_numbers(value) == value
    assert fold_numbers(fold_numbers(value)) == fold_numbers(value)


@given(_NUMBER, _NUMBER)
def test_different_numbers_stay_different(one: float, other: float) -> None:
    """F-B6"""
    assert (canonical(fold_numbers(one)) == canonical(fold_numbers(other))) == (one == other)


@pytest.mark.parametrize(
    "spellings", [(b"1", b"1.0", b"1e0", b"10E-1"), (b"0", b"-0", b"0.0", b"-0.0")]
)
def test_spellings_of_one_number(spellings: tuple[bytes, ...]) -> None:
    assert len({canonical(fold_numbers(parse(each))) for each in spellings}) == 1


def test_true_is_not_one() -> None:
    """F-B6"""
    assert canonical(fold_numbers(True)) != canonical(fold_numbers(1))
    assert canonical(fold_numbers(2**53 + 1)) != canonical(fold_numbers(2.0**53))


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
