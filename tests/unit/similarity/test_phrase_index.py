"""Which phrases a text contains."""

import pytest

from deskhand.similarity.lexical import PhraseIndex, terms

PHRASES = ("VPN", "VPN access", "reset forgotten password", "the", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("My VPN access is gone", {0, 1}),
        ("access to the VPN", {0}),
        ("please RESET my forgotten passwords", {2}),
        ("reset it, I have forgotten it: the password, I mean reset forgotten", {2}),
        ("forgotten password", set()),
        ("vpn vpn access", {0, 1}),
        ("", set()),
    ],
)
def test_terms_must_stand_side_by_side(text: str, said: set[int]) -> None:
    index = PhraseIndex({number: terms(phrase) for number, phrase in enumerate(PHRASES)})
    assert index.said_in(terms(text)) == said
