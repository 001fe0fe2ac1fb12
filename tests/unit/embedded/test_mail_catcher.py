"""The local mail server keeps what it accepts, and shows it as a person reads it."""

import smtplib
from email.message import EmailMessage
from pathlib import Path

import pytest

from embedded.mail_catcher import MailCatcher, describe
from tests.mail_server import free_port


@pytest.fixture
def catcher(tmp_path: Path) -> MailCatcher:
    return MailCatcher(tmp_path / "mail", free_port())


def mail(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "desk@example.com", "team@example.com"
    message["Subject"] = subject
    message.set_content("Hello Ä\n")
    message.add_attachment(b"PK12345", maintype="application", subtype="zip", filename="r.xlsx")
    return message


def test_each_mail_is_a_file_and_is_shown(catcher: MailCatcher) -> None:
    assert not catcher.answers()
    catcher.start()
    try:
        assert catcher.answers()
        with smtplib.SMTP("127.0.0.1", catcher.port, "localhost") as server:
            server.send_message(mail("first"))
            server.send_message(mail("second"))
    finally:
        catcher.stop()
    assert not catcher.answers()
    first, second = catcher.paths()
    assert "Subject: first" in describe(first)
    shown = list(describe(second))
    assert shown[:3] == ["From: desk@example.com", "To: team@example.com", "Subject: second"]
    assert shown[-3:] == ["Hello Ä", "Attached: r.xlsx (7 bytes)", f"File: {second}"]


def test_it_is_started_once(catcher: MailCatcher) -> None:
    catcher.start()
    try:
        pid = catcher.daemon.pid
        catcher.start()
        assert catcher.daemon.pid == pid
    finally:
        catcher.stop()
