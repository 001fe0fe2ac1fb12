"""The user's own helpdesk and mail server: checked before anything is started."""

import pytest

from embedded import stack
from embedded.errors import EmbeddedError
from embedded.instance import Instance

GOOD = {
    "HELPDESK_URL": "https://desk.example/requests",
    "HELPDESK_KEY": "k",
    "HELPDESK_SECRET": "s",
    "SMTP_HOST": "mail.example",
    "SMTP_USER": "u",
    "SMTP_PASSWORD": "p",
    "MAIL_FROM": "desk@example.com",
    "REPORT_RECIPIENTS": "lead@example.com",
}


class Started(Exception):
    """The settings were taken."""


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def lock(_: Instance) -> None:
        raise Started

    monkeypatch.setattr(Instance, "lock", lock)


def start(patch: pytest.MonkeyPatch, **changes: str) -> None:
    for name, value in {**GOOD, **changes}.items():
        patch.setenv(name, value)
    stack.up(Instance())


@pytest.mark.parametrize(
    ("name", "value"),
    [("HELPDESK_URL", "ftp://desk.example"), ("SMTP_PORT", "0"), ("SMTP_PORT", "smtp"),
     ("SMTP_SECURITY", "ssl"), ("MAIL_FROM", "desk"), ("REPORT_RECIPIENTS", "a@b.example, lead"),
     ("REPORT_CODE_URL", "code"), ("PRIVATE_URLS", "perhaps"), ("ATTRIBUTION_BATCH_SIZE", "101"),
     ("ATTRIBUTION_DELAY_SECONDS", "-1")],
)  # fmt: skip
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """F-J6: with `make deploy`, and not by a run that fails."""
    with pytest.raises(EmbeddedError, match=name):
        start(monkeypatch, **{name: value})


@pytest.mark.parametrize("name", ["HELPDESK_KEY", "HELPDESK_SECRET", "MAIL_FROM", "SMTP_PASSWORD"])
def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """F-J6"""
    with pytest.raises(EmbeddedError, match=f"{name} is not set, but"):
        start(monkeypatch, **{name: ""})


def test_good_settings_are_taken_and_none_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Started):
        start(monkeypatch)
    with pytest.raises(Started):
        start(monkeypatch, **dict.fromkeys(GOOD, ""))
