"""Bags of words and the order that they and the vectors make together."""

from dataclasses import dataclass

import pytest

from deskhand.similarity.bag_of_words import MAX_TERMS, Bag, bag_of
from deskhand.similarity.lexical import terms
from deskhand.similarity.ranking import cosines, rank


@dataclass(frozen=True)
class Found:
    """Something that was found."""

    name: str
    cosine: float
    words: bytes


def alike(asked: str, texts: list[str]) -> list[float]:
    """The cosines of the words."""
    return cosines(bag_of(asked).packed, [bag_of(text).packed for text in texts])


def test_a_stem_is_kept_once_with_its_weight() -> None:
    bag = bag_of("Printers print; the printer printed!")
    assert len(set(bag.terms)) == len(bag.terms) == 2
    assert bag.weights == [1.6931, 1.6931]
    assert all(-(2**31) <= term < 2**31 for term in bag.terms)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("VPNが切れます", ["vpn", "が切れ", "切れま", "れます"]),
        ("人", ["人"]),
        ("लॉगिन नहीं है।", ["लॉगिन", "नहीं", "है"]),
        ("መግባት አልቻልኩም", ["መግባት", "አልቻልኩም"]),
        ("naïve_x", ["naïv", "x"]),
    ],
)
def test_scripts_without_spaces_and_vowels_that_are_marks(text: str, said: list[str]) -> None:
    assert terms(text) == said


def test_the_first_words_are_kept_of_a_long_text() -> None:
    long = bag_of(" ".join(f"word{n}x" for n in range(2000)))
    assert long.terms == bag_of(" ".join(f"word{n}x" for n in range(MAX_TERMS))).terms


@pytest.mark.parametrize("text", ["", "!?", "\ud800 lone"])
def test_a_text_without_words_has_an_empty_bag_or_a_harmless_one(text: str) -> None:
    bag = bag_of(text)
    assert len(bag.terms) == len(bag.weights) <= 2
    assert cosines(bag.packed, [bag_of("printer").packed]) == [0]


def test_a_bag_is_packed_as_postgres_sends_integers_and_reals() -> None:
    assert Bag([1, -2], [1.0, 0.5]).packed.hex(" ", 4) == "00000001 3f800000 fffffffe 3f000000"
    assert Bag([], []).packed == b""


def test_the_same_words_have_a_cosine_of_one_and_others_of_none() -> None:
    same, other = alike("paper jam", ["Paper jams!", "vpn tunnel"])
    assert [same, other] == pytest.approx([1, 0])


def test_a_word_that_all_candidates_share_says_little() -> None:
    texts = ["vpn drops", "vpn slow", "vpn error 619", "vpn error 720"]
    found = alike("vpn 720", texts)
    assert max(range(4), key=found.__getitem__) == 3
    assert found[3] > 3 * found[0]


def test_both_cosines_are_added() -> None:
    far = Found("words", 0.5, bag_of("paper jam in tray").packed)
    near = Found("vectors", 0.7, bag_of("something else").packed)
    order = rank(bag_of("paper jam in tray"), [near, far])
    assert [each.found.name for each in order] == ["words", "vectors"]
    assert [each.score for each in order] == pytest.approx([1.5, 0.7])


def test_equals_stay_in_their_order_and_nothing_is_nothing() -> None:
    twins = [Found(name, 0.5, bag_of("x").packed) for name in ("b", "a")]
    assert [each.found.name for each in rank(bag_of("y"), twins)] == ["b", "a"]
    assert rank(bag_of("y"), []) == []
