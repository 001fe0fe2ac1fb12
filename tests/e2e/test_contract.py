"""The deployed API keeps what its OpenAPI document says, whatever schemathesis sends."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from deskhand.reference.operations import OPERATIONS
from embedded import tokens
from tests.e2e.conftest import INSTANCE, Stack

HERE = Path(__file__).parent
# CONTRACT_CASES=20000 pytest tests/e2e/test_contract.py: more of it, seed after seed.
CASES = int(os.environ.get("CONTRACT_CASES", "1"))
# The examples and the boundaries of each parameter come first, and are the same in each run; these
# are random combinations. DEEP=1 tries more of them, as each night.
EXAMPLES, SEQUENCES = (30, 60) if os.environ.get("DEEP") else (10, 20)
if CASES > 1:
    EXAMPLES, SEQUENCES = 150, 60
# Files of 1.5 MB that are served as they are.
STATIC = "get_file_of_page"
PHASES = {"examples", "coverage", "fuzzing", "stateful"}


@pytest.mark.usefixtures("closed")
def test_the_api_keeps_its_contract(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """F-A15: all phases and checks; contract.toml says which are left out, and why."""
    done, seed = 0, 0
    while done < CASES:
        seed, began = seed + 1, time.monotonic()
        said = _run(stack, tmp_path, seed)
        done += said["test_cases"]["generated"]
        with capsys.disabled():
            print(f"\nschemathesis, seed {seed}: {said['test_cases']['generated']} cases", end="")
            print(f" on {said['operations']['tested']} operations", end="")
            print(f" in {time.monotonic() - began:.0f} s", flush=True)


def _run(stack: Stack, folder: Path, seed: int) -> dict[str, Any]:
    """The report of a run; fails with what schemathesis says when something is not as declared."""
    url, report = stack.target["base_url"], folder / f"report-{seed}.json"
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", str(_config(folder))),
            *("run", f"{url}/openapi.json", "--url", url, "--no-color", "--warnings", "off"),
            *("--exclude-operation-id", STATIC),
            *("--seed", str(seed), "--max-examples", str(EXAMPLES)),
            *("--report", "json", "--report-json-path", str(report)),
        ],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stdout[-20_000:] + finished.stderr
    said: dict[str, Any] = json.loads(report.read_text())
    assert said["complete"] and not said["failures"] and not said["errors"]
    assert {
        name for name, phase in said["phases"].items() if phase["status"] == "success"
    } == PHASES
    # It leaves the document itself out.
    assert said["operations"]["tested"] == len(OPERATIONS) - 2
    return said


def _config(folder: Path) -> Path:
    """Two customers who must not see each other's tickets, and an administrator."""
    users = {"alice": "customer", "bob": "customer", "root": "admin"}
    given = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {token}"}]}
        for name, token in ((n, tokens.token(INSTANCE.state, n, r)) for n, r in users.items())
    ]
    (folder / "users.json").write_text(json.dumps({"auth": given}))
    config = folder / "schemathesis.toml"
    sequences = f"\n[phases.stateful.generation]\nmax-examples = {SEQUENCES}\n"
    auth = f'\n[auth.wfc]\npath = "{folder / "users.json"}"\npeers = ["alice", "bob"]\n'
    config.write_text((HERE / "contract.toml").read_text() + sequences + auth)
    return config
