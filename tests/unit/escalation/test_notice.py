"""What a notice's mail shows in a subject is what was checked, whatever a ticket's title holds."""

from base64 import b64encode
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from uuid import UUID

import pytest

from deskhand.escalation.mail import message_of
from deskhand.escalation.notice import Notice
from deskhand.safety.sanitise import visible_text


def notice(title: str, **content: str) -> Notice:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    known = {"title": title, "at": now.isoformat(), **content}
    return Notice(UUID(int=1), UUID(int=2), 2, "mailto:lead@example.com", known, now)


def encoded(text: str) -> str:
    return f"=?utf-8?B?{b64encode(text.encode()).decode()}?="


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("VPN drops", "VPN drops"),
        ("\u00c4rger mit VPN", "\u00c4rger mit VPN"),
        (encoded("caf\u00e9"), "caf\u00e9"),
        ("=?iso-8859-1?Q?caf=E9?= closed", "caf\u00e9 closed"),
        (encoded("a\u202eb\u200bc"), "abc"),
        (encoded("a\r\nBcc: x@example.com"), "a Bcc: x@example.com"),
        (encoded(encoded("a\u202eb")), "ab"),
        ("=?utf-8?B?not base64?= x", None),
        ("=?no-such-set?Q?a?= x", None),
        (encoded(encoded(encoded("a\u202eb"))), None),
        ("is =?utf-8?Q? this?", None),
    ],
)
def test_encoded_words_are_read_before_they_are_checked(title: str, shown: str | None) -> None:
    """F-I3"""
    told = notice(title)
    mail = message_from_bytes(message_of(told, "desk@example.com").as_bytes(), policy=default)
    subject = " ".join(str(mail["Subject"]).split())
    assert subject == told.subject == visible_text(subject)
    assert set(mail.keys()).isdisjoint({"Bcc"})
    if shown is not None:
        assert subject == f"SLA breached, level 2: {shown}"


def test_a_level_is_called_by_its_name() -> None:
    subject = notice("VPN", level_name="Service manager").subject
    assert subject == "SLA breached, level 2, Service manager: VPN"
