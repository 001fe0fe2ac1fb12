"""Ends function processes when LocalStack has ended, for whatever reason.

A small process beside LocalStack holds the other end of a pipe, through which it learns the process
groups that exist. When the pipe closes, because LocalStack ended or was killed, it kills the groups
that are left and removes their files. The functions' own processes are not changed for this.
"""

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from process_lambda.settings import working_root

_script = Path(__file__).with_name("watchdog_process.py")
_lock = threading.Lock()
_pipe: int | None = None
_groups: set[int] = set()


def environments_root() -> Path:
    """The directory for the files of this LocalStack's execution environments."""
    return working_root() / "environments" / str(os.getpid())


def guard(group: int) -> None:
    """Register a process group, which is killed when LocalStack ends."""
    _groups.add(group)
    _tell(f"+{group}\n")


def release(group: int) -> None:
    """Unregister a process group that has ended."""
    _groups.discard(group)
    _tell(f"-{group}\n")


def kill_all() -> None:
    """Kill all function processes now."""
    for group in tuple(_groups):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _tell(line: str) -> None:
    global _pipe
    with _lock:
        if _pipe is not None and _told(_pipe, line):
            return
        _pipe = _start()
        for group in tuple(_groups):
            _told(_pipe, f"+{group}\n")


def _told(pipe: int, line: str) -> bool:
    try:
        os.write(pipe, line.encode())
    except BrokenPipeError:
        # The watchdog has ended: start another one, which must learn all groups.
        os.close(pipe)
        return False
    return True


def _start() -> int:
    reading, writing = os.pipe()
    command = [sys.executable, "-I", "-S", str(_script), str(environments_root())]
    watchdog = subprocess.Popen(
        command, stdin=reading, stdout=subprocess.DEVNULL, start_new_session=True, env={}
    )
    os.close(reading)
    atexit.register(watchdog.wait, 5)
    # Handlers run in reverse order, so this one runs last; the watchdog ends when its pipe closes.
    atexit.register(_close)
    return writing


def _close() -> None:
    global _pipe
    if _pipe is not None:
        os.close(_pipe)
        _pipe = None
