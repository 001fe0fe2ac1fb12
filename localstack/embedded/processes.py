"""Processes of the operating system, with or without /proc."""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")


class Process(NamedTuple):
    """A process and its start time: together they identify it after its number is used again."""

    pid: int
    parent: int
    started: str
    name: str

    @property
    def alive(self) -> bool:
        """Return whether this very process still runs, whatever its parent is now."""
        now = find(self.pid)
        return now is not None and now.started == self.started

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal, unless the process has ended or its number belongs to another one."""
        if self.alive:
            os.kill(self.pid, number)


def find(pid: int) -> Process | None:
    """Return a running process; None for an unknown one and for a zombie."""
    if (_PROC / "self").exists():
        return _from_proc(pid)
    return _from_ps("-p", str(pid)).get(pid)


def descendants(pid: int) -> list[Process]:
    """Return the children of a process, their children and so on."""
    everyone = _everyone()
    found: list[Process] = []
    parents = {pid}
    while children := [p for p in everyone if p.parent in parents and p not in found]:
        found += children
        parents = {child.pid for child in children}
    return found


def wait_gone(processes: list[Process], seconds: float) -> list[Process]:
    """Wait at most `seconds`; return the processes that still run."""
    deadline = time.monotonic() + seconds
    while (left := [p for p in processes if p.alive]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def _everyone() -> list[Process]:
    if not (_PROC / "self").exists():
        return list(_from_ps("-ax").values())
    numbers = (int(entry.name) for entry in _PROC.glob("[0-9]*"))
    return [process for number in numbers if (process := _from_proc(number))]


def _from_proc(pid: int) -> Process | None:
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    name = stat[stat.index("(") + 1 : stat.rindex(")")]
    state, parent, *rest = stat[stat.rindex(")") + 2 :].split()
    return None if state == "Z" else Process(pid, int(parent), rest[17], name)


def _from_ps(*which: str) -> dict[int, Process]:
    command = ["ps", *which, "-o", "pid=,ppid=,stat=,lstart=,comm="]
    rows = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = {}
    for row in rows.splitlines():
        pid, parent, state, *rest = row.split(maxsplit=8)
        if not state.startswith("Z"):
            found[int(pid)] = Process(int(pid), int(parent), " ".join(rest[:5]), Path(rest[5]).name)
    return found
