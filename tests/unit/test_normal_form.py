"""The normal form in which texts are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from deskhand.normal_form import normal_form, normalise_text
from deskhand.safety.personal_data.folding import fold
from deskhand.similarity.lexical import passage, terms
from deskhand.ticket import MODEL_CHARACTERS, TicketText, cut
from deskhand.triage.entities import ExtractMaterial, answer_schema, verify_entities
from deskhand.triage.entity_rules import extract_by_rules


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＶＰＮ　ｄｒｏｐｓ", "vpn drops"),
        ("V\u200bP\u00adN", "vpn"),
        ("Cafe\u0301", "caf\u00e9"),
        ("STRASSE", "stra\u00dfe"),
        ("ﬁle", "file"),
        ("V\u0301\u0302PN", "vpn"),
        ("a \u00a0b", "A b"),
        ("\u3164\u200b\u0301", ""),
    ],
)
def test_what_differs_only_so_is_the_same(one: str, other: str) -> None:
    """F-N9"""
    assert normal_form(one) == normal_form(other)
    assert terms(one) == terms(other)


def test_other_letters_stay_different() -> None:
    assert len({normal_form(each) for each in ("e", "\u00e9", "\u0435", "कि", "का")}) == 5


@given(some.text())
def test_folding_again_changes_nothing_and_places_are_right(text: str) -> None:
    assert normal_form(normal_form(text)) == normal_form(text)
    folded = fold(text)
    for place in range(len(folded.text)):
        start, end = folded.original(place, place + 1)
        assert 0 <= start < end <= len(text)


def test_entities_of_wide_text_point_into_the_text_as_it_was_sent() -> None:
    """F-D5"""
    ticket = TicketText(
        "s", "Der Ｓｅｒｖｅｒ srv\u200b-db-０１ und Beste\u0301llung: order ４７１１-２２"
    )
    answer = answer_schema(()).model_validate(extract_by_rules(ExtractMaterial(ticket, ())))
    host = verify_entities(answer, (), ticket).values["host"]
    assert host is not None
    assert (host.value, ticket.body[host.start : host.end]) == ("srv-db-01", "srv\u200b-db-０１")
    assert passage("my ＶＰＮ drops", terms("vpn drops")) == "ＶＰＮ drops"


def test_what_models_read_is_cut() -> None:
    """F-A17"""
    long = "a" * 50_000 + "z" * 50
    assert cut("short") == "short"
    assert len(cut(long)) <= MODEL_CHARACTERS and cut(long).endswith("z" * 50)
    assert normalise_text("x") == "x"
