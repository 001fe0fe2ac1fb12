"""A real SMTP server that fails as told, and keeps the mails that it accepted."""

import asyncio
import email
import socket
import ssl
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

# What a command is answered with, or what happens instead of an answer.
type Fault = str | Literal["drop", "hang", "drip"]

LOGIN = ("desk", "right")


@dataclass
class Mailbox:
    """`faults` by command, or by command and recipient (`RCPT a@example.com`)."""

    port: int = 0
    faults: dict[str, Fault] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    connections: int = 0
    # Called when a mail is accepted, before that is confirmed.
    confirming: Callable[[], None] | None = None

    async def fail(self, server: Any, *commands: str) -> str | None:
        """What the first fault of these commands answers; None when there is none."""
        fault = next((self.faults[each] for each in commands if each in self.faults), None)
        match fault:
            case "drop":
                server.transport.abort()
            case "hang":
                await asyncio.Event().wait()
            case "drip":
                while True:
                    await server.push("250-slow")
                    await asyncio.sleep(0.02)
        return "250 dropped" if fault == "drop" else fault

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        fault = await self.fail(server, "EHLO")
        session.host_name = hostname
        return [fault] if fault else responses

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if fault := await self.fail(server, "MAIL"):
            return fault
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if fault := await self.fail(server, f"RCPT {address}", "RCPT"):
            return fault
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """`TEXT` fails before the mail is accepted, `CONFIRM` after it."""
        if fault := await self.fail(server, "TEXT"):
            return fault
        self.recipients += envelope.rcpt_tos
        self.senders.append(envelope.mail_from)
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        if self.confirming:
            self.confirming()
        return await self.fail(server, "CONFIRM") or f"250 2.0.0 Ok: queued as {len(self.mails)}"


class _Server(SMTP):
    """Fails at commands for which aiosmtpd asks no handler."""

    def connection_made(self, transport: Any) -> None:
        box: Mailbox = self.event_handler
        box.connections += 1
        super().connection_made(transport)

    async def smtp_DATA(self, arg: str) -> None:
        if fault := await self.event_handler.fail(self, "DATA"):
            await self.push(fault)
        else:
            await super().smtp_DATA(arg)


@contextmanager
def mail_server(
    *,
    tls: ssl.SSLContext | None = None,
    implicit: ssl.SSLContext | None = None,
    login: bool = False,
    largest: int = 33_554_432,
) -> Iterator[Mailbox]:
    """A mailbox with its server on loopback.

    `tls` offers STARTTLS and requires it; `implicit` is TLS from the start.
    """
    box = Mailbox()

    def authenticate(_: Any, session: Any, envelope: Any, kind: str, data: Any) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == LOGIN, handled=False)

    class Running(Controller):
        def factory(self) -> SMTP:
            with warnings.catch_warnings(action="ignore"):  # of a login without TLS
                return _Server(
                    box,
                    data_size_limit=largest,
                    tls_context=tls,
                    require_starttls=tls is not None,
                    authenticator=authenticate if login else None,
                    auth_required=login,
                    auth_require_tls=False,
                    auth_exclude_mechanism=() if login else ("LOGIN", "PLAIN"),
                )

    controller = Running(box, hostname="127.0.0.1", port=free_port(), ssl_context=implicit)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


def free_port() -> int:
    """A port that is free at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
