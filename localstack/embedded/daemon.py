"""A background program of an instance: its log, its recorded process, how it is ended."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from embedded import processes
from embedded.errors import EmbeddedError
from embedded.processes import Process

# The program must outlive us and must not become our zombie, so it is started by a process that
# ends at once.
_LAUNCHER = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=2, start_new_session=True)
print(child.pid, flush=True)
os._exit(0)
"""


@dataclass(frozen=True)
class Daemon:
    """A program that runs in the background, identified by its name and its directory."""

    name: str
    directory: Path

    @property
    def log(self) -> Path:
        """Return the path of the program's output."""
        return self.directory / "log"

    @property
    def process(self) -> Process | None:
        """Return the running process; None when it was never started or has ended."""
        try:
            recorded = json.loads(self._record.read_text())
        except (OSError, ValueError):
            return None
        running = processes.find(recorded["pid"])
        return running if running and running.started == recorded["started"] else None

    @property
    def pid(self) -> int | None:
        """Return the process id; None when the program does not run."""
        return self.process.pid if self.process else None

    def start(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> Process:
        """Start the program and record its process."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            launched = subprocess.run(
                [sys.executable, "-I", "-c", _LAUNCHER, *map(str, command)],
                stdout=subprocess.PIPE,
                stderr=log,
                env=dict(environment),
                cwd=self.directory,
                check=False,
                text=True,
            )
        process = processes.find(int(launched.stdout)) if launched.stdout.strip() else None
        if process is None:
            raise EmbeddedError(f"{self.name} ended at once\n{self.last_words()}")
        self._record.write_text(json.dumps({"pid": process.pid, "started": process.started}))
        return process

    def stop(self, grace_seconds: float) -> None:
        """End the program and all processes it started: with SIGTERM, and after the grace time
        SIGKILL.
        """
        if running := self.process:
            family = [running, *processes.descendants(running.pid)]
            running.kill(signal.SIGTERM)
            for survivor in processes.wait_gone([running], grace_seconds):
                survivor.kill()
            for survivor in processes.wait_gone(family, 2):
                survivor.kill()
            processes.wait_gone(family, 5)
        self._record.unlink(missing_ok=True)

    def last_words(self, lines: int = 15) -> str:
        """Return the end of the log."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - 20_000))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])

    @property
    def _record(self) -> Path:
        return self.directory / "process.json"
