"""Notices by e-mail: plain text, with a Message-ID that identifies repeats."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from deskhand.escalation.notice import Notice, NotSent
from deskhand.mail.address import AddressInvalid, domain_of, plain
from deskhand.mail.smtp import Envelope, NotTaken, hand_over
from deskhand.settings.environment import Settings


def send(notice: Notice, settings: Settings) -> None:
    """Sends the mail to the server; raises NotSent."""
    if not settings.smtp_host or not settings.mail_from:
        raise NotSent("SMTP_HOST or MAIL_FROM is not set")
    try:
        message = message_of(notice, settings.mail_from)
        sender, recipient = plain(settings.mail_from), str(message["To"])
        hand_over(Envelope(sender, recipient, message.as_bytes()), settings)
    except (AddressInvalid, NotTaken) as error:
        raise NotSent(str(error)) from None


def message_of(notice: Notice, sender: str) -> EmailMessage:
    """The mail; every header is one line, regardless of the ticket's text."""
    # 7 bit: not every server takes 8.
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"] = sender
    message["To"] = plain(notice.recipient.removeprefix("mailto:"))
    message["Subject"] = notice.subject
    message["Date"] = format_datetime(notice.created_at)
    message["Message-ID"] = f"<{notice.id}@{domain_of(sender)}>"
    # Suppresses automatic replies.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(notice.text)
    return message
