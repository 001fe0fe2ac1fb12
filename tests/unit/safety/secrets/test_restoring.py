"""What was read with its secrets hidden is sent back without losing them."""

from typing import Any

import pytest

from deskhand.safety.secrets.hiding import hide_in
from deskhand.safety.secrets.restoring import NotRestorable, restore

BODY = "password: Sommer2026!\nPIN: 4711\npassword: Winter2027!"
KEY = "-----BEGIN PRIVATE" + " KEY-----\nMIIB\n-----END PRIVATE" + " KEY-----"
SENT: list[tuple[Any, Any, Any]] = [
    (BODY, "\u2022 " + hide_in(BODY) + "\nmore", "\u2022 " + BODY + "\nmore"),
    (BODY[:28], hide_in(BODY)[:21] + "; again " + hide_in(BODY)[:21],
     "password: Sommer2026!; again password: Sommer2026!"),
    (BODY, "PIN: " + "\u2022" * 4 + ", no more", "PIN: 4711, no more"),
    (BODY, "password: Herbst2028!", "password: Herbst2028!"),
    (f"see {KEY} ok", hide_in(f"see {KEY} ok") + "?", f"see {KEY} ok?"),
    ("redacted \u2022\u2022\u2022\u2022\u2022", "is redacted \u2022\u2022\u2022\u2022\u2022",
     "is redacted \u2022\u2022\u2022\u2022\u2022"),
    ({"password": "hunter22", "n": 1}, {"password": "\u2022" * 8, "n": 2},
     {"password": "hunter22", "n": 2}),
    ({"a": ["pwd=Abc!23"]}, {"a": ["pwd=" + "\u2022" * 6, "new"]}, {"a": ["pwd=Abc!23", "new"]}),
    (["pwd=Abc!23"], ["pwd=" + "\u2022" * 6], ["pwd=Abc!23"]),
    (None, "new", "new"),
    (3, 4, 4),
]  # fmt: skip


@pytest.mark.parametrize(("stored", "given", "kept"), SENT)
def test_hidden_secrets_are_put_back(stored: Any, given: Any, kept: Any) -> None:
    """F-E12: each in its place, also when the text around it has changed."""
    assert restore(stored, given) == kept
    assert restore(stored, hide_in(stored)) == stored


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        (BODY, "password: " + "\u2022" * 7),
        (BODY, hide_in(BODY).split("\n")[2]),
        ("nothing", "password: " + "\u2022" * 8),
        (None, {"note": "\u2022" * 8}),
    ],
)
def test_bullets_that_stand_for_nothing_are_refused(stored: Any, given: Any) -> None:
    """F-E12: they would replace a secret that cannot be told."""
    with pytest.raises(NotRestorable):
        restore(stored, given)
