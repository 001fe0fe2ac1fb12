"""Notices by e-mail: plain text, with a Message-ID that identifies repeats."""

import smtplib
import ssl
from contextlib import ExitStack, suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from deskhand.escalation.notice import Notice, NotSent
from deskhand.settings.environment import Settings

SECONDS = 10.0


def send(notice: Notice, settings: Settings) -> None:
    """Sends the mail to the server; raises NotSent."""
    if not settings.smtp_host or not settings.mail_from:
        raise NotSent("SMTP_HOST or MAIL_FROM is not set")
    message = message_of(notice, settings.mail_from)
    try:
        server = _connected(settings)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(type(error).__name__) from None
    try:
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
        server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(type(error).__name__) from None
    finally:
        # The server has accepted the mail by then, so a failing QUIT does not matter.
        with suppress(OSError, smtplib.SMTPException):
            server.quit()


def message_of(notice: Notice, sender: str) -> EmailMessage:
    """The mail; every header is one line, regardless of the ticket's text."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = notice.recipient.removeprefix("mailto:")
    message["Subject"] = notice.subject
    message["Date"] = format_datetime(notice.created_at)
    message["Message-ID"] = f"<{notice.id}@{domain_of(sender)}>"
    # Suppresses automatic replies.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(notice.text)
    return message


def domain_of(sender: str) -> str:
    """The part of an address behind its @."""
    return sender.rpartition("@")[2].rstrip("> ")


def _connected(settings: Settings) -> smtplib.SMTP:
    # Our host name would need a DNS query, and must not be disclosed.
    address = (settings.smtp_host, settings.smtp_port, domain_of(settings.mail_from))
    context = ssl.create_default_context()
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(*address, timeout=SECONDS, context=context)
    with ExitStack() as undo:
        server = smtplib.SMTP(*address, timeout=SECONDS)
        undo.callback(server.close)
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        undo.pop_all()
    return server
