"""A mail server that keeps each mail as a file and passes none on."""

import email
import os
import signal
import smtplib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from embedded import health, ports
from embedded.daemon import Daemon

SENDER = "Deskhand <deskhand@example.com>"
RECIPIENTS = "team@example.com"
_LARGEST_BYTES = 50_000_000


@dataclass(frozen=True)
class MailCatcher:
    """The mail server of an instance, and the mails that it has caught."""

    directory: Path
    port: int

    @property
    def daemon(self) -> Daemon:
        """Return the background program."""
        return Daemon("mail catcher", self.directory)

    @property
    def folder(self) -> Path:
        """Return the folder of the mails, one file each."""
        return self.directory / "mails"

    def answers(self) -> bool:
        """Return whether the server answers."""
        try:
            with smtplib.SMTP(ports.LOOPBACK, self.port, "localhost", timeout=2) as server:
                return server.noop()[0] == 250
        except OSError:
            return False

    def start(self) -> None:
        """Start the server unless it runs."""
        if self.daemon.process:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        source = str(Path(__file__).resolve().parents[1])
        command = [sys.executable, "-m", "embedded.mail_catcher", str(self.folder), str(self.port)]
        self.daemon.start(command, {**os.environ, "PYTHONPATH": source})
        health.wait(self.daemon, self.answers, 60)

    def stop(self) -> None:
        """Stop the server; the mails stay."""
        self.daemon.stop(grace_seconds=5)

    def paths(self) -> list[Path]:
        """Return the files of the mails, the oldest first."""
        return sorted(self.folder.glob("*.eml"))

    def of_report(self, report_id: str) -> list[Path]:
        """Return the files of the mails that carry a report, the oldest first."""
        named = f"\r\nX-Report-Id: {report_id}\r\n".encode()
        return [path for path in self.paths() if named in path.read_bytes()]


def describe(path: Path) -> Iterator[str]:
    """Yield the mail as a person reads it: its headers, its text, its attachments, its file."""
    mail = email.message_from_bytes(path.read_bytes(), policy=default)
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        yield f"{name}: {mail[name]}"
    yield ""
    yield from _text(mail).splitlines()
    for attached in mail.iter_attachments():
        size = len(attached.get_payload(decode=True) or b"")
        yield f"Attached: {attached.get_filename()} ({size:,} bytes)"
    yield f"File: {path}"


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return str(body.get_content()) if isinstance(body, EmailMessage) else ""


class _Keeper:
    """Writes each mail into the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Return the confirmation once the mail is in its file."""
        name = f"{time.time_ns()}.eml"
        # Readers look for the last name only, so they never see half a mail.
        unfinished = self._folder / f"{name}.part"
        unfinished.write_bytes(envelope.content)
        unfinished.rename(self._folder / name)
        print(f"kept {name}", flush=True)
        return f"250 2.0.0 Ok: kept as {name}"


def main() -> None:
    """Serve until SIGTERM; the arguments are the folder and the port."""
    from aiosmtpd.controller import Controller

    controller = Controller(
        _Keeper(Path(sys.argv[1])),
        hostname=ports.LOOPBACK,
        port=int(sys.argv[2]),
        data_size_limit=_LARGEST_BYTES,
    )
    controller.start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()


if __name__ == "__main__":
    main()
