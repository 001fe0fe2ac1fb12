"""Nothing is left when LocalStack ends, whatever the reason."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from threading import Thread
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

BUSY = """
import os, subprocess, sys, time
def handler(event, context):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(event["file"] + "-partial", "w") as file:
        file.write(f"{os.getpid()} {child.pid}")
    os.rename(event["file"] + "-partial", event["file"])
    time.sleep(event["seconds"])
    print("said late")
    return os.getpid()
"""


def _left(emulator: Any, pids: list[int]) -> list[int]:
    return [pid for pid in pids if emulator.running(pid)]


def _busy_and_idle(emulator: Any, tmp_path: Path) -> list[int]:
    """Starts an idle and a busy environment, each with a child; returns the four process ids."""
    idle = emulator.deploy(BUSY, Timeout=600)
    busy = emulator.deploy(BUSY, Timeout=600)
    emulator.invoke(idle, {"file": str(tmp_path / "idle"), "seconds": 0})
    event = {"file": str(tmp_path / "busy"), "seconds": 600}
    Thread(target=_abandoned_call, args=(emulator, busy, event), daemon=True).start()
    emulator.wait_for((tmp_path / "busy").exists)
    files = [tmp_path / "idle", tmp_path / "busy"]
    return [int(pid) for file in files for pid in file.read_text().split()]


def _abandoned_call(emulator: Any, name: str, event: Any) -> None:
    with contextlib.suppress(BotoCoreError, ClientError):
        emulator.invoke(name, event)


def _watchdogs(emulator: Any) -> list[int]:
    command = ["ps", "-ww", "-A", "-o", "pid=", "-o", "args="]
    listing = subprocess.run(command, capture_output=True, text=True).stdout
    mine = str(emulator.root / "tmp" / "process-lambda" / "environments")
    return [int(line.split()[0]) for line in listing.splitlines() if mine in line]


def _files_removed(emulator: Any) -> bool:
    return not any((emulator.root / "tmp/process-lambda/environments").iterdir())


def test_stop_ends_all_functions_promptly(start_emulator: Any, tmp_path: Path) -> None:
    emulator = start_emulator()
    pids = _busy_and_idle(emulator, tmp_path)
    assert len(_left(emulator, pids)) == 4
    emulator.process.send_signal(signal.SIGTERM)
    assert emulator.process.wait(60) == 0
    emulator.wait_for(lambda: not _left(emulator, pids))
    emulator.wait_for(lambda: _files_removed(emulator))


def test_stop_while_services_still_load_does_not_last(start_emulator: Any) -> None:
    emulator = start_emulator()
    # The first invocation makes LocalStack load CloudWatch, whose threads it does not end when it
    # stops.
    emulator.invoke(emulator.deploy("def handler(event, context): return 1"))
    emulator.process.send_signal(signal.SIGTERM)
    assert emulator.process.wait(60) == 0


def test_kill_ends_all_functions(start_emulator: Any, tmp_path: Path) -> None:
    emulator = start_emulator()
    first = emulator.deploy(BUSY)
    emulator.invoke(first, {"file": str(tmp_path / "first"), "seconds": 0})
    [watchdog] = _watchdogs(emulator)
    os.kill(watchdog, signal.SIGKILL)
    pids = _busy_and_idle(emulator, tmp_path)
    os.kill(emulator.process.pid, signal.SIGKILL)
    emulator.process.wait()
    emulator.wait_for(lambda: not _left(emulator, pids))
    emulator.wait_for(lambda: _files_removed(emulator))


def test_update_lets_a_running_invocation_finish(emulator: Any, tmp_path: Path) -> None:
    name = emulator.deploy(BUSY, Timeout=120)
    event = {"file": str(tmp_path / "pids"), "seconds": 3}
    answers: list[Any] = []
    call = Thread(target=lambda: answers.append(emulator.invoke(name, event)))
    call.start()
    emulator.wait_for((tmp_path / "pids").exists)
    emulator.update(name, "def handler(event, context): return 'new'")
    assert emulator.invoke(name).payload == "new"
    call.join()
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert answers[0].payload == pids[0]
    emulator.wait_for(lambda: not _left(emulator, pids))
    assert "said late" in "".join(emulator.logs(name, "said late"))
