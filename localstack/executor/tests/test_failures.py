"""What the caller and the log get from functions that fail."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

SLOW = """
import os, subprocess, sys, time
def handler(event, context):
    if event is None:
        return os.getpid()
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with open(event["file"], "w") as file:
        file.write(f"{os.getpid()} {child.pid}")
    print("before the end", flush=True)
    time.sleep(60)
"""

GREEDY = """
import os
def handler(event, context):
    held = bytearray(os.urandom(1024)) * (event * 1024) if event else None
    return os.getpid()
"""


def test_timeout_ends_the_process_and_its_children(emulator: Any, tmp_path: Path) -> None:
    name = emulator.deploy(SLOW, Timeout=1)
    result = emulator.invoke(name, {"file": str(tmp_path / "pids")})
    assert result.failed
    assert result.payload["errorType"] == "Sandbox.Timedout"
    assert result.payload["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert "before the end" in result.log
    assert "Task timed out after 1.00 seconds" in result.log
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert not [pid for pid in pids if emulator.running(pid)]
    assert emulator.invoke(name).payload not in pids


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("sys.exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 11)", "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_exit_is_reported_and_the_next_invocation_works(
    emulator: Any, statement: str, reason: str
) -> None:
    source = (
        f"import os, sys\ndef handler(event, context):\n    if event: {statement}\n    return 1"
    )
    name = emulator.deploy(source)
    result = emulator.invoke(name, True)
    assert result.failed
    assert result.payload["errorType"] == "Runtime.ExitError"
    assert result.payload["errorMessage"].endswith(f"Error: {reason}")
    assert reason in result.log
    assert emulator.invoke(name).payload == 1


def test_exception_of_the_handler_keeps_the_process(emulator: Any) -> None:
    source = """
import os
class TicketLost(Exception): pass
def handler(event, context):
    if event: raise TicketLost("nowhere")
    return os.getpid()
"""
    name = emulator.deploy(source)
    before = emulator.invoke(name).payload
    result = emulator.invoke(name, True)
    assert result.failed
    assert result.payload["errorType"] == "TicketLost"
    assert result.payload["errorMessage"] == "nowhere"
    assert "[ERROR] TicketLost: nowhere" in result.log
    assert emulator.invoke(name).payload == before


@pytest.mark.parametrize(
    ("source", "error_type", "words"),
    [
        ("import not_there", "Runtime.ImportModuleError", "No module named 'not_there'"),
        ("x = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing"),
        ("raise KeyError('DATABASE_URL')", "KeyError", "DATABASE_URL"),
        ("import os; os._exit(4)", "Runtime.ExitError", "exit status 4"),
    ],
)
def test_failing_init_is_told_to_the_caller_and_the_log(
    emulator: Any, source: str, error_type: str, words: str
) -> None:
    name = emulator.deploy(f"print('starting')\n{source}")
    result = emulator.invoke(name)
    assert result.failed
    assert result.payload["errorType"] == error_type
    assert words in result.payload["errorMessage"]
    lines = "".join(emulator.logs(name, "REPORT"))
    assert "starting" in lines
    assert words in lines
    emulator.update(name, "def handler(event, context): return 'repaired'")
    assert emulator.invoke(name).payload == "repaired"


def test_memory_is_limited(emulator: Any) -> None:
    name = emulator.deploy(GREEDY, MemorySize=128)
    pid = emulator.invoke(name, 40).payload
    result = emulator.invoke(name, 200)
    assert result.failed
    assert result.payload["errorType"] == "Runtime.OutOfMemory"
    assert not emulator.running(pid)
    assert not emulator.invoke(name, 0).failed
    larger = emulator.deploy(GREEDY, MemorySize=512)
    assert not emulator.invoke(larger, 200).failed


def test_too_large_response_is_an_error(emulator: Any) -> None:
    name = emulator.deploy("def handler(event, context): return 'x' * event")
    assert len(emulator.invoke(name, 6 * 1024 * 1024 - 2).payload) == 6 * 1024 * 1024 - 2
    result = emulator.invoke(name, 6 * 1024 * 1024 + 200)
    assert result.failed
    assert result.payload["errorType"] == "Function.ResponseSizeTooLarge"
    assert emulator.invoke(name, 1).payload == "x"


def test_logs_arrive_in_cloudwatch(emulator: Any) -> None:
    source = """
import logging, sys
print("while starting")
def handler(event, context):
    print("to stdout", end="")
    print("to stderr", file=sys.stderr)
    logging.getLogger().warning("through logging")
"""
    name = emulator.deploy(source)
    emulator.invoke(name)
    lines = emulator.logs(name, "REPORT")
    text = "".join(lines)
    for words in ("while starting", "to stdout", "to stderr", "through logging"):
        assert words in text
    assert lines[0].startswith("START RequestId: ")
    assert lines[-2].startswith("END RequestId: ")
    assert all(part in lines[-1] for part in ("Duration: ", "Max Memory Used: ", "Init Duration: "))


def test_function_for_another_runtime_is_refused_with_the_reason(emulator: Any) -> None:
    awslambda = emulator.client("lambda")
    code = {"ZipFile": emulator.zipped("exports.handler = 1")}
    awslambda.create_function(
        FunctionName="other", Role=emulator.role, Code=code, Runtime="python3.9", Handler="a.b"
    )
    found = emulator.wait_for(
        lambda: awslambda.get_function(FunctionName="other")["Configuration"],
        lambda config: config["State"] != "Pending",
    )
    assert found["State"] == "Failed"
    assert "is python3.13, the function needs python3.9" in found["StateReason"]


SANDBOX = """
import os, signal, sys, threading, time
from pathlib import Path
from process_lambda.function import Function
from process_lambda.runtime_api import Request
from process_lambda.sandbox import Sandbox

root, python = Path(sys.argv[1]), Path(sys.argv[2])
(root / "task").mkdir()
(root / "task/main.py").write_text("import os\\ndef handler(event, context): return os.getpid()")
function = Function(python, "python3.13", "main.handler", "1", root / "task", root, 60, 512, False)
sandbox = Sandbox(function, {}, root / "environment", 60)

def invoke():
    outcome = sandbox.invoke(Request("one", "arn", b"{}", "")).outcome
    assert not outcome.failed, outcome
    return int(outcome.payload)

"""

DEAD = """
pid = invoke()
with sandbox._runtime._process._reaping:  # so that nobody notices the end
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    found = []
    call = threading.Thread(target=lambda: found.append(invoke()))
    call.start()
    while not sandbox._runtime._api._pending.qsize() and not sandbox._runtime._api.taken:
        time.sleep(0.01)
call.join()
assert found and found != [pid]
sandbox.close()
"""

STOPPED = """
pid = invoke()
sandbox.retire()
assert invoke() != pid
assert not (root / "environment").exists()
"""


@pytest.mark.parametrize("script", [DEAD, STOPPED], ids=["dead", "stopped"])
def test_an_invocation_that_meets_an_ended_process_gets_another(
    localstack_python: Path, function_python: Path, tmp_path: Path, script: str
) -> None:
    """The end may come after the environment was chosen, and before it has the invocation."""
    command = [localstack_python, "-c", SANDBOX + script, tmp_path, function_python]
    subprocess.run(command, check=True, timeout=240)
