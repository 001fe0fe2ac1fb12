"""Hands one mail to the mail server. A failure says in which phase, and what it means.

The commands are our own sequence over smtplib: `send_message` does not tell a connection that was
lost before DATA from one that was lost after it, and only after it the mail may have been accepted.
"""

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from threading import Timer

from deskhand.mail.address import domain_of
from deskhand.settings.environment import SettingInvalid, Settings
from deskhand.settings.secrets_manager import SecretUnavailable, secret

_ENHANCED = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")
_DOT = re.compile(rb"^\.", re.MULTILINE)
_WRONG_LOGIN = (530, 534, 535, 538)
_TOO_LARGE, _CLOSING = 552, 421
_SHOWN_CHARACTERS = 200


class SmtpPhase(StrEnum):
    """What was under way."""

    CONNECT = "connect"
    GREETING = "greeting"
    TLS = "starttls"
    LOGIN = "login"
    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"
    TEXT = "text"


_BEFORE_MAIL = (SmtpPhase.CONNECT, SmtpPhase.GREETING, SmtpPhase.TLS, SmtpPhase.LOGIN)


class Failure(StrEnum):
    """What a failure means for this mail and for the others."""

    SERVER = "server"  # the server takes no mail at the moment, whichever it is
    LOGIN = "login"  # the server will take no mail until somebody corrects the login
    LATER = "later"  # this mail was not accepted for now
    REFUSED = "refused"  # this mail will never be accepted
    TOO_LARGE = "too large"  # a smaller one may be
    UNCERTAIN = "uncertain"  # the reply was lost: it may have been accepted


@dataclass(frozen=True)
class MailLimits:
    """Seconds for each phase, for the text of the mail, and for all of them together."""

    phase: float = 10
    text: float = 40
    mail: float = 60


LIMITS = MailLimits()
_NOT_TAKEN = (smtplib.SMTPException, OSError, ValueError, SecretUnavailable, SettingInvalid)


class NotTaken(Exception):
    """The server did not confirm the mail; the message has codes and names, never its words."""

    def __init__(self, failure: Failure, phase: SmtpPhase | None, reason: str) -> None:
        super().__init__(f"{reason} at {phase}" if phase else reason)
        self.failure, self.phase = failure, phase


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail on its way: ASCII addresses, and its bytes with CRLF."""

    sender: str
    recipient: str
    content: bytes


def hand_over(
    mail: Envelope, settings: Settings, before_data: Callable[[], None] = lambda: None
) -> str:
    """The server's confirmation, on one line; raises NotTaken.

    `before_data` is called right before the server may accept the mail.
    """
    talk = _Talk(settings)
    try:
        talk.open()
        return talk.give(mail, before_data)
    except _NOT_TAKEN as error:
        failure = _failure(talk.phase, error)
        raise NotTaken(failure, talk.phase, _reason(error)) from None
    finally:
        talk.close()


class _Talk:
    """A conversation with the server, cut when a phase or all of it takes too long.

    A socket's timeout starts anew with each byte, so it alone would let a slow server go on.
    """

    def __init__(self, settings: Settings) -> None:
        self.phase = SmtpPhase.CONNECT
        self._settings = settings
        self._limits = LIMITS
        self._deadline = time.monotonic() + LIMITS.mail
        self._context = ssl.create_default_context()
        self._server: smtplib.SMTP | None = None

    def open(self) -> None:
        """Connects, secures the connection as configured, and logs in if there is a login."""
        server, chosen = self._unconnected(), self._settings
        with self._in(SmtpPhase.CONNECT):
            _expect(server.connect(chosen.smtp_host, chosen.smtp_port), (220,))
        with self._in(SmtpPhase.GREETING):
            server.ehlo_or_helo_if_needed()
        if chosen.smtp_security == "starttls":
            with self._in(SmtpPhase.TLS):
                server.starttls(context=self._context)
            with self._in(SmtpPhase.GREETING):
                server.ehlo_or_helo_if_needed()
        if chosen.smtp_user:
            with self._in(SmtpPhase.LOGIN):
                server.login(chosen.smtp_user, secret(chosen, "smtp_password"))

    def give(self, mail: Envelope, before_data: Callable[[], None]) -> str:
        """Sends the mail and returns the confirmation."""
        server = self._connected
        with self._in(SmtpPhase.SENDER):
            sized = [f"size={len(mail.content)}"] if server.has_extn("size") else []
            _expect(server.mail(mail.sender, sized), (250,))
        with self._in(SmtpPhase.RECIPIENT):
            _expect(server.rcpt(mail.recipient), (250, 251))
        before_data()
        with self._in(SmtpPhase.DATA):
            _expect(server.docmd("DATA"), (354,))
        with self._in(SmtpPhase.TEXT, self._limits.text):
            server.send(_DOT.sub(b"..", mail.content) + b".\r\n")
            reply = server.getreply()
        _expect(reply, (250,))
        return _one_line(reply[1])

    def close(self) -> None:
        """Says goodbye; by now nothing that goes wrong matters."""
        if self._server is None:
            return
        with suppress(OSError), self._in(self.phase, self._limits.phase / 3):
            self._server.quit()
        self._server.close()

    @property
    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            raise smtplib.SMTPServerDisconnected
        return self._server

    def _unconnected(self) -> smtplib.SMTP:
        # By default smtplib asks DNS for our host name, and tells it to the server.
        name, seconds = domain_of(self._settings.mail_from), self._limits.phase
        if self._settings.smtp_security == "tls":
            self._server = smtplib.SMTP_SSL(
                local_hostname=name, timeout=seconds, context=self._context
            )
        else:
            self._server = smtplib.SMTP(local_hostname=name, timeout=seconds)
        # The name that the server's certificate must have; otherwise only the constructor sets it.
        self._server._host = self._settings.smtp_host  # type: ignore[attr-defined]
        return self._server

    @contextmanager
    def _in(self, phase: SmtpPhase, seconds: float | None = None) -> Iterator[None]:
        self.phase = phase
        left = min(seconds or self._limits.phase, self._deadline - time.monotonic())
        if left <= 0:
            raise TimeoutError
        server = self._connected
        if server.sock:
            server.sock.settimeout(left)
        timer = Timer(left, _cut, [server])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _cut(server: smtplib.SMTP) -> None:
    """Ends a read that waits in another thread."""
    if server.sock:
        with suppress(OSError):
            # The method of the plain socket: that of a TLS socket would drop its state under the
            # reader.
            socket.socket.shutdown(server.sock, socket.SHUT_RDWR)


def _expect(reply: tuple[int, bytes], codes: tuple[int, ...]) -> None:
    if reply[0] not in codes:
        raise smtplib.SMTPResponseException(*reply)


def _failure(phase: SmtpPhase, error: Exception) -> Failure:
    if isinstance(error, smtplib.SMTPResponseException):
        return _failure_of_code(phase, int(error.smtp_code))
    if phase is SmtpPhase.TEXT:
        return Failure.UNCERTAIN
    # A lost connection is a subclass of SMTPException; that class itself is no common mechanism.
    unusable = isinstance(error, smtplib.SMTPNotSupportedError | ValueError)
    if phase is SmtpPhase.LOGIN and (unusable or type(error) is smtplib.SMTPException):
        return Failure.LOGIN
    if phase in _BEFORE_MAIL:
        return Failure.SERVER
    return Failure.REFUSED if isinstance(error, ValueError) else Failure.LATER


def _failure_of_code(phase: SmtpPhase, code: int) -> Failure:
    permanent = code >= 500
    if code in _WRONG_LOGIN or (phase is SmtpPhase.LOGIN and permanent):
        return Failure.LOGIN
    if phase in _BEFORE_MAIL or code == _CLOSING:
        return Failure.SERVER
    if code == _TOO_LARGE and phase is not SmtpPhase.RECIPIENT:
        return Failure.TOO_LARGE
    if permanent and phase is SmtpPhase.SENDER:
        # No recipient has been named yet: it is the sender, or the server, that must change.
        return Failure.SERVER
    return Failure.REFUSED if permanent else Failure.LATER


def _reason(error: Exception) -> str:
    """Code and enhanced code, or the error's name: the server's words may hold an address."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error if isinstance(error.smtp_error, bytes) else b""
        found = _ENHANCED.match(text)
        return f"{error.smtp_code} {found.group().decode()}" if found else str(error.smtp_code)
    return type(error).__name__


def _one_line(text: bytes) -> str:
    return " ".join(text.decode("ascii", "replace").split())[:_SHOWN_CHARACTERS]
