"""Builds the console's page from its locked packages; does nothing when nothing has changed.

`sam build` runs it too, so it uses only the standard library and runs on Python 3.9 and later. The
packages and the copy of the sources that is built lie in .local/venvs/console, the result alone in
functions/console/dist.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import install
from shell import ROOT, InstallError, run

SOURCE = ROOT / "functions/console"
OUTPUT = SOURCE / "dist"
WORK = ROOT / ".local/venvs/console"
REFERENCE = ROOT / "layers/deskhand/deskhand/reference/openapi.json"
MACHINE = ROOT / "statemachine/triage.asl.json"
# Node and npm as a package of PyPI, for machines that have none that fits.
NODE = install.Environment("Node", ROOT / ".local/venvs/node", install.REQUIREMENTS / "node.txt")
_CONFIGURED = ("package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")


def main() -> int:
    """Build what changed; return the exit status."""
    WORK.mkdir(parents=True, exist_ok=True)
    with (WORK / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            build()
        except InstallError as error:
            return install.fail(str(error))
    return 0


def build() -> None:
    """Put the built page into OUTPUT, unless it is there already."""
    stamp, wanted = WORK / "built", digest_of(sources())
    if stamp.exists() and stamp.read_text() == wanted and (OUTPUT / "manifest.json").exists():
        return
    started = time.monotonic()
    stamp.unlink(missing_ok=True)
    copy_sources()
    node = find_node() or wheel_node()
    install_packages(node)
    for script in ("types", "check", "bundle"):
        npm(node, "run", "--silent", script)
    shutil.rmtree(OUTPUT, ignore_errors=True)
    shutil.copytree(WORK / "dist", OUTPUT)
    stamp.write_text(wanted)
    print(f"console: built ({time.monotonic() - started:.0f} s)", flush=True)


def sources() -> Iterator[Path]:
    """Yield every file that decides what is built."""
    yield REFERENCE
    yield MACHINE
    yield from (SOURCE / name for name in _CONFIGURED)
    yield from sorted(path for path in (SOURCE / "src").rglob("*") if path.is_file())


def digest_of(paths: Iterator[Path]) -> str:
    """Return a digest over names and contents of files."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def copy_sources() -> None:
    """Copy what is built beside its packages: neither packages nor builds enter the function."""
    for name in _CONFIGURED:
        shutil.copy2(SOURCE / name, WORK / name)
    shutil.copy2(REFERENCE, WORK / "openapi.json")
    shutil.rmtree(WORK / "src", ignore_errors=True)
    shutil.copytree(SOURCE / "src", WORK / "src")
    (WORK / "src/machine.json").write_text(json.dumps(drawn(json.loads(MACHINE.read_text()))))


def drawn(machine: dict[str, Any]) -> dict[str, Any]:
    """Return what the graph of a run shows: the states of a path without errors, and their order.

    `states` has the kind of each state, `branches` the states side by side in a Parallel state, and
    `edges` pairs of states with the answer of a choice.
    """
    states, edges, branches = {}, [], {}
    waiting = [machine["StartAt"]]
    while waiting:
        name = waiting.pop(0)
        if name in states:
            continue
        state = machine["States"][name]
        states[name] = state["Type"]
        if state["Type"] == "Parallel":
            branches[name] = [branch["StartAt"] for branch in state["Branches"]]
        following = [(state.get("Next"), ""), (state.get("Default"), "no")]
        following += [(choice["Next"], "yes") for choice in state.get("Choices", [])]
        edges += [[name, after, answer] for after, answer in following if after]
        waiting += [after for after, _ in following if after]
    return {"states": states, "branches": branches, "edges": edges}


def install_packages(node: str) -> None:
    """Install the locked packages, unless they are there already."""
    stamp, wanted = WORK / "installed", digest_of(iter([SOURCE / "package-lock.json"]))
    if stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    print("console: installing its packages", flush=True)
    npm(node, "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    stamp.write_text(wanted)


def find_node() -> str | None:
    """Return the folder of a Node on this machine that fits and has npm; None without one."""
    found = shutil.which("node")
    if not found or not shutil.which("npm", path=str(Path(found).parent)):
        return None
    try:
        done = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return str(Path(found).parent) if fits(done.stdout) else None


def fits(version: str) -> bool:
    """Return whether Vite runs on a Node of that version, such as `v20.20.2`."""
    found = re.match(r"v(\d+)\.(\d+)\.", version)
    if not found:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def wheel_node() -> str:
    """Return the folder of Node in an environment of its own."""
    if not NODE.is_current():
        install.install([NODE])
    return str(NODE.directory / "bin")


def npm(node: str, *arguments: str) -> None:
    """Run npm with that Node, in WORK."""
    path = os.pathsep.join((node, os.environ.get("PATH", "")))
    run("env", f"PATH={path}", f"{node}/npm", *arguments, directory=WORK)


if __name__ == "__main__":
    sys.exit(main())
