"""One independent stack on this machine: the place of its state and its ports."""

import contextlib
import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from embedded import ports
from embedded.emulator import ROOT, Emulator
from embedded.errors import EmbeddedError
from embedded.grafana import Grafana
from embedded.helpdesk import Helpdesk
from embedded.mail_catcher import MailCatcher
from embedded.postgres import Server
from embedded.prometheus import Prometheus
from embedded.pushgateway import Pushgateway

_STACK_PORTS = {"POSTGRES_PORT": 54329, "LOCALSTACK_PORT": 4566, "PUSHGATEWAY_PORT": 9091}
DEFAULT_PORTS = {
    **_STACK_PORTS,
    "MAIL_PORT": 2525,
    "PROMETHEUS_PORT": 9090,
    "GRAFANA_PORT": 3000,
    "HELPDESK_PORT": 8099,
}
_DEFAULT_NAME = "demo"
# Lower case only: some file systems take `Venvs` and `venvs` for the same directory.
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
# Other entries of `.local`, which belong to all instances.
_RESERVED = ("bootstrap", "faults-journals", "prometheus", "pushgateway", "scan", "venvs")
_MARKER = "instance"


@dataclass(frozen=True)
class Part:
    """One program of a stack: its port and its process."""

    name: str
    variable: str
    ports: Mapping[str, int]
    find_pid: Callable[[], int | None]

    @property
    def port(self) -> int:
        """Return the port that this part uses or will use."""
        return self.ports[self.variable]

    @property
    def pid(self) -> int | None:
        """Return the process id; None when the part does not run."""
        return self.find_pid()

    def require_port(self, actual: int) -> None:
        """Raise when the part already runs on a port other than the wanted one."""
        if actual != self.port:
            raise EmbeddedError(
                f"{self.name} already runs on port {actual}: "
                f"`make down` first, then `make up {self.variable}={self.port}`"
            )


@dataclass(frozen=True)
class Detour:
    """Other ports for the functions' calls to Postgres and AWS: a test that disturbs both listens
    there.
    """

    postgres: int
    aws: int


@dataclass(frozen=True)
class Instance:
    """A named stack. "demo" has the well-known ports; any other finds free ones and keeps them.

    `chosen` are the ports that the user asked for, by the names of DEFAULT_PORTS. A `detour`
    applies only to the functions' own calls.
    """

    name: str = _DEFAULT_NAME
    chosen: tuple[tuple[str, int], ...] = ()
    detour: Detour | None = None

    def __post_init__(self) -> None:
        """Refuse a name that is not a plain folder name or that is reserved."""
        if not _NAME.fullmatch(self.name):
            raise EmbeddedError(
                f"DESKHAND_INSTANCE={self.name} is not a name: give 1 to 40 lower-case letters, "
                "digits and hyphens, not a hyphen first"
            )
        if self.name in _RESERVED:
            raise EmbeddedError(
                f"DESKHAND_INSTANCE={self.name} is reserved, as are {', '.join(_RESERVED)}: "
                "choose another name"
            )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Return the instance and the ports that the environment names."""
        chosen = [
            (name, _port(name, environment[name]))
            for name in DEFAULT_PORTS
            if environment.get(name)
        ]
        return cls(environment.get("DESKHAND_INSTANCE") or _DEFAULT_NAME, tuple(chosen))

    @property
    def state(self) -> Path:
        """Return the directory of all files of this instance."""
        return ROOT / ".local" / self.name

    @property
    def postgres(self) -> Server:
        """Return the database server."""
        return Server(self.state / "postgres", self.ports["POSTGRES_PORT"])

    @property
    def functions_postgres(self) -> Server:
        """Return the database server as the functions reach it."""
        if self.detour is None:
            return self.postgres
        return replace(self.postgres, port=self.detour.postgres)

    @property
    def emulator(self) -> Emulator:
        """Return LocalStack."""
        port, detour = self.ports["LOCALSTACK_PORT"], self.detour
        return Emulator(self.state / "localstack", port, detour.aws if detour else None)

    @property
    def pushgateway(self) -> Pushgateway:
        """Return the pushgateway; all instances share a downloaded program."""
        cache = ROOT / ".local/pushgateway"
        return Pushgateway(self.state / "pushgateway", self.ports["PUSHGATEWAY_PORT"], cache)

    @property
    def mail_catcher(self) -> MailCatcher:
        """Return the mail server."""
        return MailCatcher(self.state / "mail", self.ports["MAIL_PORT"])

    @property
    def helpdesk(self) -> Helpdesk:
        """Return the helpdesk with sample requests."""
        return Helpdesk(self.state / "helpdesk", self.ports["HELPDESK_PORT"])

    @property
    def prometheus(self) -> Prometheus:
        """Return the Prometheus of `make observe`."""
        port = self.ports["PROMETHEUS_PORT"]
        return Prometheus(self.state / "prometheus", port, self.name, self.pushgateway.url)

    @property
    def grafana(self) -> Grafana:
        """Return the Grafana of `make observe`."""
        return Grafana(self.state / "grafana", self.ports["GRAFANA_PORT"], self.prometheus.url)

    @property
    def ports(self) -> dict[str, int]:
        """Return the ports: the chosen ones, else those of the last time, else the usual or free
        ones.
        """
        remembered = self._remembered()
        if not remembered and self.name != _DEFAULT_NAME:
            remembered = {name: ports.unused_port() for name in DEFAULT_PORTS}
            self._remember(remembered)
        return {**DEFAULT_PORTS, **remembered, **dict(self.chosen)}

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return the programs of this stack in the order of their start."""
        return (
            Part("LocalStack", "LOCALSTACK_PORT", self.ports, lambda: self.emulator.daemon.pid),
            Part("Postgres", "POSTGRES_PORT", self.ports, lambda: self.postgres.pid),
            Part(
                "pushgateway", "PUSHGATEWAY_PORT", self.ports, lambda: self.pushgateway.daemon.pid
            ),
            Part("mail catcher", "MAIL_PORT", self.ports, lambda: self.mail_catcher.daemon.pid),
            Part("helpdesk", "HELPDESK_PORT", self.ports, lambda: self.helpdesk.daemon.pid),
        )

    def settle_ports(self) -> None:
        """Check the ports of all parts that will be started, and store them for later commands."""
        settled, before = self.ports, self._remembered()
        for part in self.parts:
            if part.pid:
                part.require_port(before.get(part.variable, part.port))
            elif part.variable not in dict(self.chosen) and self.name != _DEFAULT_NAME:
                settled[part.variable] = (
                    part.port if ports.is_free(part.port) else ports.unused_port()
                )
            else:
                ports.require_free(part.port, part.variable)
        self._remember(settled)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Exclude other commands that start or stop the same instance."""
        self.claim()
        with (self.state / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def claim(self) -> None:
        """Create and mark the directory; raise when it exists and is not an instance's."""
        self.state.mkdir(parents=True, exist_ok=True)
        # A directory with foreign files gets no mark, so `remove` refuses to delete it.
        if not any(self.state.iterdir()):
            (self.state / _MARKER).touch()
        self._require_own()

    def remove(self) -> None:
        """Remove all files of this instance; raise when any of them does not belong to it."""
        if not os.path.lexists(self.state):
            return
        self._require_own()
        for directory in (self.postgres.elsewhere, self.state):
            if directory:
                _remove(directory)

    def _require_own(self) -> None:
        """Raise unless the directory lies in `.local` and carries the mark of an instance."""
        path = self.state
        if path.is_symlink() or path.resolve().parent != path.parent.resolve():
            raise EmbeddedError(f"{path} leads elsewhere: nothing in it is touched")
        # Instances from before the marker was introduced have only `ports.json`.
        if not ((path / _MARKER).is_file() or self._remembered().keys() >= _STACK_PORTS.keys()):
            raise EmbeddedError(
                f"{path} was not made by Deskhand, so nothing in it was removed: "
                "choose another DESKHAND_INSTANCE, or remove it by hand"
            )

    def _remembered(self) -> dict[str, int]:
        try:
            return dict(json.loads((self.state / "ports.json").read_text()))
        except (OSError, ValueError):
            return {}

    def _remember(self, numbers: Mapping[str, int]) -> None:
        self.claim()
        (self.state / "ports.json").write_text(json.dumps(dict(numbers)))


def _remove(directory: Path) -> None:
    try:
        shutil.rmtree(directory)
    except OSError as error:
        raise EmbeddedError(f"{directory} could not be removed: {error}") from None


def _port(name: str, text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise EmbeddedError(f"{name}={text} is not a port: give a number from 1 to 65535")
    return int(text)
