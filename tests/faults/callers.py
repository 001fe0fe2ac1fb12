"""Which function's process is behind a connection, so that exactly that one can be killed."""

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from embedded.functions import folder

_TABLE = Path("/proc/net/tcp")
_NAME = re.compile(r"-(\w+Function)-")


@dataclass(frozen=True)
class Caller:
    """The process at the other end; `function` is its folder below functions/, "?" for others."""

    function: str = "?"
    process: psutil.Process | None = None

    def kill(self) -> None:
        """SIGKILL, unless it has ended."""
        if self.process:
            with contextlib.suppress(psutil.NoSuchProcess):
                self.process.kill()


class Callers:
    """The function processes of the instance that keeps its files below `directory`, no others."""

    def __init__(self, directory: Path) -> None:
        self._mark = f"{directory}/"
        self._known: list[Caller] = []
        self._lock = threading.Lock()

    def behind(self, client_port: int, server_port: int) -> Caller:
        """The process that opened this connection to us."""
        found = self._find(client_port, server_port)
        if found is None:
            with self._lock:
                self._known = list(self._all())
            found = self._find(client_port, server_port)
        return found or Caller()

    def _find(self, client_port: int, server_port: int) -> Caller | None:
        holds = _holder_of(client_port, server_port)
        # The youngest first: it is the one that most likely has just connected.
        for caller in reversed(self._known):
            with contextlib.suppress(psutil.Error, OSError):
                if caller.process and holds(caller.process):
                    return caller
        return None

    def _all(self) -> list[Caller]:
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                variables = process.environ()
                name = _NAME.search(variables.get("AWS_LAMBDA_FUNCTION_NAME", ""))
                if name and variables.get("TMPDIR", "").startswith(self._mark):
                    found.append(Caller(folder(name[1]), process))
        return found


def _holder_of(client_port: int, server_port: int) -> Callable[[psutil.Process], bool]:
    """Tells whether a process holds the client's end; psutil would read the table for each."""
    if not _TABLE.exists():
        return lambda process: any(
            each.laddr.port == client_port and each.raddr and each.raddr.port == server_port
            for each in process.net_connections("tcp4")
        )
    ports = f":{client_port:04X} 0100007F:{server_port:04X} "
    line = next((row for row in _TABLE.read_text().splitlines() if ports in row), None)
    wanted = f"socket:[{line.split()[9]}]" if line else None
    return lambda process: any(each == wanted for each in _sockets(process.pid))


def _sockets(pid: int) -> Iterator[str]:
    for each in Path(f"/proc/{pid}/fd").iterdir():
        # It may be closed while we look.
        with contextlib.suppress(OSError):
            yield str(each.readlink())
