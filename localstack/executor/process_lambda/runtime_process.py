"""A process with all its children: started in a group of its own, ended and reaped together."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from process_lambda import watchdog
from process_lambda.events import Exited, Mailbox


class RuntimeProcess:
    """A running process group whose end is reported to the mailbox."""

    def __init__(
        self,
        command: Sequence[str],
        directory: Path,
        variables: Mapping[str, str],
        output: int,
        mailbox: Mailbox,
    ) -> None:
        """Start the process; its standard output and error go to the file descriptor `output`."""
        self._mailbox = mailbox
        self._reaping = threading.Lock()
        self._exited = threading.Event()
        self._process = subprocess.Popen(
            command,
            cwd=directory,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        watchdog.guard(self.pid)
        threading.Thread(target=self._await_exit, name="lambda-process", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id, which is also the id of the group."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process is still running."""
        return not self._exited.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for the process to end; False when it still runs after `seconds`."""
        return self._exited.wait(seconds)

    def kill(self) -> None:
        """Kill the whole group, and return when it has ended."""
        with self._reaping:
            if self._process.returncode is None:
                kill_group(self.pid)
        self._exited.wait()

    def _await_exit(self) -> None:
        # Not reaped yet, so no other process can get this id: killing the group is safe.
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        with self._reaping:
            kill_group(self.pid)
            status = self._process.wait()
        watchdog.release(self.pid)
        self._exited.set()
        self._mailbox.put(Exited(status))


def kill_group(group: int) -> None:
    """Send SIGKILL to all processes of the group that are left."""
    # macOS answers EPERM where only a dead leader is left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
