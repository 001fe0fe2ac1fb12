"""TCP ports of this machine: whether one is free, and which process uses it."""

import contextlib
import random
import shutil
import socket
import subprocess
from pathlib import Path

from embedded import processes
from embedded.errors import EmbeddedError

LOOPBACK = "127.0.0.1"
# Systems give clients the ports above: Linux from 32768 on, macOS from 49152 on.
_SERVERS = range(20_000, 32_768)
# Processes that start with the same seed must not choose the same ports.
_RANDOM = random.SystemRandom()


def unused_port() -> int:
    """Return a port that is free at the moment, and that no client can take meanwhile."""
    while not is_free(port := _RANDOM.choice(_SERVERS)):
        pass
    return port


def is_free(port: int) -> bool:
    """Return whether a server could bind this port on the loopback interface."""
    with socket.socket() as probe:
        # As servers do: a port whose last connection is in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def require_free(port: int, variable: str) -> None:
    """Raise with the busy port, its process and the variable to set."""
    if is_free(port):
        return
    owner = holder(port)
    by = f" by {owner}" if owner else ""
    raise EmbeddedError(
        f"port {port} is in use{by}: stop that program, or choose another port, "
        f"for example `make up {variable}={unused_port()}`"
    )


def holder(port: int) -> str | None:
    """Return "name (pid n)" of the process that listens on `port`; None when it cannot be found."""
    pid = _listening_pid_from_proc(port) or _listening_pid_from_lsof(port)
    process = processes.find(pid) if pid else None
    return f"{process.name} (pid {pid})" if process else None


def _listening_pid_from_proc(port: int) -> int | None:
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for process in Path("/proc").glob("[0-9]*") if inodes else ():
        with contextlib.suppress(OSError):
            if any(str(fd.readlink()) in inodes for fd in (process / "fd").iterdir()):
                return int(process.name)
    return None


def _listening_inodes(port: int) -> list[str]:
    inodes = []
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        with contextlib.suppress(OSError):
            rows = [line.split() for line in table.read_text().splitlines()[1:]]
            inodes += [r[9] for r in rows if r[3] == "0A" and int(r[1].split(":")[1], 16) == port]
    return inodes


def _listening_pid_from_lsof(port: int) -> int | None:
    if not (lsof := shutil.which("lsof")):
        return None
    command = [lsof, "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-t"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return int(done.stdout.split()[0]) if done.stdout.split() else None
