"""A mail on its way to a real server, which fails in each phase in each way."""

import socket
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
import trustme

from deskhand.mail import smtp
from deskhand.mail.smtp import Envelope, Failure, MailLimits, NotTaken, SmtpPhase, hand_over
from deskhand.settings.environment import Settings
from tests.mail_server import LOGIN, Mailbox, mail_server


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What hangs hangs for half a second."""
    monkeypatch.setattr(smtp, "LIMITS", MailLimits(phase=0.5, text=0.5, mail=30))


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as served:
        yield served


def settings_of(port: int, **changes: Any) -> Settings:
    given = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"}
    return Settings.model_validate({**given, "mail_from": "desk@example.com", **changes})


def mail(text: str = "Hello\n") -> Envelope:
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"], message["To"], message["Subject"] = "desk@example.com", "a@b.example", "x"
    message.set_content(text)
    return Envelope("desk@example.com", "a@b.example", message.as_bytes())


def failing(box: Mailbox, content: Envelope | None = None, **changes: Any) -> tuple[NotTaken, int]:
    """How it failed, and how often the moment before DATA was announced."""
    announced: list[None] = []
    with pytest.raises(NotTaken) as raised:
        hand_over(
            content or mail(), settings_of(box.port, **changes), lambda: announced.append(None)
        )
    return raised.value, len(announced)


def test_a_mail_arrives_as_it_was_sent(box: Mailbox) -> None:
    """F-J4: lines that begin with a dot, and characters beyond ASCII."""
    text = ".\n..\n. dot\nÄ \U0001f600\n" + "long " * 400 + "\n"
    assert hand_over(mail(text), settings_of(box.port)) == "2.0.0 Ok: queued as 1"
    assert (box.senders, box.recipients) == (["desk@example.com"], ["a@b.example"])
    assert box.mails[0].get_content().replace("\r\n", "\n") == text


LATER, REFUSED, SERVER = Failure.LATER, Failure.REFUSED, Failure.SERVER


@pytest.mark.parametrize(
    ("command", "fault", "failure", "reason"),
    [
        ("EHLO", "drop", SERVER, "SMTPServerDisconnected at greeting"),
        ("MAIL", "451 4.3.2 later", LATER, "451 4.3.2 at sender"),
        ("MAIL", "421 closing", SERVER, "421 at sender"),
        ("MAIL", "530 5.7.0 log in", Failure.LOGIN, "530 5.7.0 at sender"),
        ("MAIL", "552 5.3.4 too big", Failure.TOO_LARGE, "552 5.3.4 at sender"),
        ("MAIL", "550 5.7.1 no", SERVER, "550 5.7.1 at sender"),
        ("MAIL", "drop", LATER, "SMTPServerDisconnected at sender"),
        ("RCPT", "450 4.2.0 greylisted", LATER, "450 4.2.0 at recipient"),
        ("RCPT", "550 5.1.1 a@b.example unknown", REFUSED, "550 5.1.1 at recipient"),
        ("RCPT", "552 mailbox full", REFUSED, "552 at recipient"),
        ("RCPT", "drop", LATER, "SMTPServerDisconnected at recipient"),
        ("DATA", "451 no", LATER, "451 at data"),
        ("DATA", "554 no", REFUSED, "554 at data"),
        ("DATA", "drop", LATER, "SMTPServerDisconnected at data"),
        ("TEXT", "451 no", LATER, "451 at text"),
        ("TEXT", "554 5.6.0 spam", REFUSED, "554 5.6.0 at text"),
        ("TEXT", "552 too big", Failure.TOO_LARGE, "552 at text"),
        ("TEXT", "drop", Failure.UNCERTAIN, "SMTPServerDisconnected at text"),
        ("CONFIRM", "drop", Failure.UNCERTAIN, "SMTPServerDisconnected at text"),
    ],
)
def test_each_failure_says_what_it_means(
    box: Mailbox, command: str, fault: str, failure: Failure, reason: str
) -> None:
    """F-J4, F-J5: codes and names, never the server's words, which may hold an address."""
    box.faults[command] = fault
    error, announced = failing(box)
    assert (error.failure, str(error)) == (failure, reason)
    assert announced == int(command in ("DATA", "TEXT", "CONFIRM"))
    assert len(box.mails) == int(command == "CONFIRM")


@pytest.mark.parametrize(
    ("command", "fault", "failure"),
    [("EHLO", "hang", SERVER), ("MAIL", "hang", LATER), ("RCPT", "hang", LATER),
     ("DATA", "hang", LATER), ("TEXT", "hang", Failure.UNCERTAIN),
     ("CONFIRM", "hang", Failure.UNCERTAIN), ("EHLO", "drip", SERVER),
     ("CONFIRM", "drip", Failure.UNCERTAIN)],
)  # fmt: skip
def test_a_phase_ends_although_the_server_does_not_answer(
    hurry: None, box: Mailbox, command: str, fault: str, failure: Failure
) -> None:
    """F-J4: also when it sends a few bytes now and then."""
    box.faults[command] = fault
    assert failing(box)[0].failure == failure


def test_a_server_that_accepts_and_says_nothing(hurry: None, box: Mailbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        box.port = silent.getsockname()[1]
        error, announced = failing(box)
    assert (error.failure, error.phase, announced) == (SERVER, SmtpPhase.CONNECT, 0)


def test_no_server_at_all(box: Mailbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        box.port = closed.getsockname()[1]
    assert str(failing(box)[0]) == "ConnectionRefusedError at connect"


def test_all_phases_together_have_a_limit_too(
    box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "LIMITS", MailLimits(phase=5, text=5, mail=0))
    assert str(failing(box)[0]) == "TimeoutError at connect"


def test_starttls_is_not_left_out(box: Mailbox) -> None:
    """F-J4: a server that offers no TLS gets no mail when TLS is asked for."""
    error, _ = failing(box, smtp_security="starttls")
    assert (error.failure, str(error)) == (SERVER, "SMTPNotSupportedError at starttls")
    assert box.mails == []


def secured() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context and one that trusts it."""
    authority, theirs = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    return theirs, ours


@pytest.mark.parametrize("trusted", [True, False])
def test_starttls_checks_the_server(monkeypatch: pytest.MonkeyPatch, trusted: bool) -> None:
    """F-J4"""
    theirs, ours = secured()
    if trusted:
        monkeypatch.setattr(ssl, "create_default_context", lambda: ours)
    with mail_server(tls=theirs) as box:
        if trusted:
            hand_over(mail(), settings_of(box.port, smtp_security="starttls"))
        else:
            error, _ = failing(box, smtp_security="starttls")
            assert (error.failure, error.phase) == (SERVER, SmtpPhase.TLS)
        assert len(box.mails) == int(trusted)


def test_a_phase_ends_within_tls_too(hurry: None, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, ours = secured()
    monkeypatch.setattr(ssl, "create_default_context", lambda: ours)
    with mail_server(tls=theirs) as box:
        box.faults["CONFIRM"] = "drip"
        error, _ = failing(box, smtp_security="starttls")
    assert error.failure is Failure.UNCERTAIN


@pytest.mark.parametrize("trusted", [True, False])
def test_tls_from_the_start(monkeypatch: pytest.MonkeyPatch, trusted: bool) -> None:
    """F-J4"""
    theirs, ours = secured()
    with mail_server(implicit=theirs) as box:
        if trusted:
            monkeypatch.setattr(ssl, "create_default_context", lambda: ours)
            hand_over(mail(), settings_of(box.port, smtp_security="tls"))
        else:
            error, _ = failing(box, smtp_security="tls")
            assert (error.failure, error.phase) == (SERVER, SmtpPhase.CONNECT)
        assert len(box.mails) == int(trusted)


@pytest.mark.parametrize(
    ("user", "password", "reason"),
    [
        (LOGIN[0], "wrong", "535 5.7.8 at login"),
        (LOGIN[0], "pässwort", "UnicodeEncodeError at login"),
        ("", "", "530 5.7.0 at sender"),
    ],
)
def test_a_wrong_login_is_told_apart(user: str, password: str, reason: str) -> None:
    """F-J4"""
    with mail_server(login=True) as box:
        error, _ = failing(box, smtp_user=user, smtp_password=password)
        assert (error.failure, str(error)) == (Failure.LOGIN, reason)
        hand_over(mail(), settings_of(box.port, smtp_user=LOGIN[0], smtp_password=LOGIN[1]))
        assert len(box.mails) == 1


def test_a_login_that_the_server_does_not_offer(box: Mailbox) -> None:
    error, _ = failing(box, smtp_user="desk", smtp_password="x")
    assert (error.failure, str(error)) == (Failure.LOGIN, "SMTPException at login")


def test_a_mail_above_the_servers_limit_is_told_apart() -> None:
    """F-J4: before its text is sent."""
    with mail_server(largest=2_000) as box:
        error, announced = failing(box, mail("x" * 70 + "\n" + "y" * 3_000))
        assert (error.failure, error.phase, announced) == (Failure.TOO_LARGE, SmtpPhase.SENDER, 0)


def test_an_address_with_a_line_break_sends_no_command(box: Mailbox) -> None:
    content = Envelope("desk@example.com", "a@b.example>\r\nRCPT TO:<c@d.example", b"x\r\n")
    assert failing(box, content)[0].failure is REFUSED
    assert box.recipients == []
