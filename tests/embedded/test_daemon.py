"""Background programs of which each is a real process."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded import health, processes
from embedded.daemon import Daemon
from embedded.errors import EmbeddedError
from tests.patience import HUNG_SECONDS

# Says when it is ready, has a child, and (if told to) does not mind SIGTERM.
PROGRAM = """
import signal, subprocess, sys, time
if sys.argv[1] == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("ready", child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    daemon = Daemon("program", tmp_path / "program")
    yield daemon
    daemon.stop(1)


def start(daemon: Daemon, mood: str = "calm") -> int:
    daemon.start([sys.executable, "-c", PROGRAM, mood], {"PATH": os.defpath})
    health.wait(daemon, lambda: "ready" in daemon.last_words(), HUNG_SECONDS)
    return int(daemon.last_words().split()[-1])


def test_runs_in_the_background_and_is_found_again(daemon: Daemon) -> None:
    start(daemon)
    again = Daemon("program", daemon.directory)
    assert again.pid == daemon.pid is not None


@pytest.mark.parametrize("mood", ["calm", "stubborn"])
def test_stop_ends_it_and_its_children(daemon: Daemon, mood: str) -> None:
    child, pid = start(daemon, mood), daemon.pid
    daemon.stop(0.5)
    assert daemon.pid is None
    assert processes.find(pid or 0) is None
    assert processes.find(child) is None


def test_another_process_with_the_same_number_is_not_ours(daemon: Daemon) -> None:
    daemon.directory.mkdir()
    record = f'{{"pid": {os.getpid()}, "started": "long ago"}}'
    (daemon.directory / "process.json").write_text(record)
    assert daemon.pid is None
    daemon.stop(0.1)
    assert processes.find(os.getpid())


def test_an_early_end_is_told_with_the_last_words(daemon: Daemon) -> None:
    program = "import time; print('no such luck', flush=True); time.sleep(0.2)"
    daemon.start([sys.executable, "-c", program], {})
    with pytest.raises(EmbeddedError, match=r"ended while starting(.|\n)*no such luck"):
        health.wait(daemon, lambda: False, HUNG_SECONDS)


def test_waiting_has_an_end(daemon: Daemon) -> None:
    start(daemon)
    with pytest.raises(EmbeddedError, match="did not answer within 0 s"):
        health.wait(daemon, lambda: False, 0)


def test_a_program_that_does_not_exist_ended_at_once(daemon: Daemon) -> None:
    with pytest.raises(EmbeddedError, match="program ended at once"):
        daemon.start(["/no/such/program"], {})
