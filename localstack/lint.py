"""Runs the linters side by side, and prints what each of them says as soon as it has ended.

The linters of the template take most of the time. They are not run again as long as the files that
they read are the same as when they passed; a new checkout runs them all. It uses only the standard
library.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PASSED = ROOT / ".local/scan/linted"
PYTHON = sys.executable
SAM = str(ROOT / ".local/venvs/sam/bin")
TEMPLATES = ("template.yaml", "aws/network.yaml", "aws/database.yaml")
# What a linter of the templates reads: they, what they name, and the versions of the tools.
TEMPLATE = (
    *TEMPLATES,
    *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("statemachine/*.asl.json")),
    "samconfig.toml",
    ".checkov.yaml",
    "localstack/requirements/sam.txt",
    "localstack/requirements/checkov.txt",
    "localstack/lint.py",
    "localstack/scan.py",
    "localstack/translate.py",
)


@dataclass(frozen=True)
class Linter:
    """A command, and the files that decide about its result; none: it runs each time."""

    name: str
    command: tuple[str, ...]
    reads: tuple[str, ...] = ()

    def run(self) -> tuple[bool, str]:
        """Return whether it passed, and what it printed."""
        if self._has_passed():
            return True, self._stamp.read_text().partition("\n")[2]
        done = subprocess.run(
            self.command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd=ROOT,
        )
        if self.reads and not done.returncode:
            PASSED.mkdir(parents=True, exist_ok=True)
            self._stamp.write_text(f"{self._digest()}\n{done.stdout}")
        return not done.returncode, done.stdout

    @property
    def _stamp(self) -> Path:
        return PASSED / self.name

    def _has_passed(self) -> bool:
        if not self.reads or not self._stamp.exists():
            return False
        return self._stamp.read_text().partition("\n")[0] == self._digest()

    def _digest(self) -> str:
        found = hashlib.sha256(os.environ.get("AWS_DEFAULT_REGION", "").encode())
        for path in self.reads:
            found.update(hashlib.sha256((ROOT / path).read_bytes()).digest())
        return found.hexdigest()


# The slow ones first.
LINTERS = (
    Linter("checkov", (PYTHON, "localstack/scan.py"), TEMPLATE),
    Linter("sam-validate", (f"{SAM}/sam", "validate", "--lint"), TEMPLATE),
    Linter("cfn-lint", (f"{SAM}/cfn-lint", "--include-checks", "I", "--", *TEMPLATES), TEMPLATE),
    Linter("mypy", (PYTHON, "-m", "mypy")),
    Linter("format", (PYTHON, "-m", "ruff", "format", "--check", ".")),
    Linter("ruff", (PYTHON, "-m", "ruff", "check", ".")),
)


def main() -> int:
    """Run all linters; return the exit status."""
    failed = list(run(LINTERS))
    if failed:
        print(f"lint: failed: {', '.join(sorted(failed))}", file=sys.stderr)
    return 1 if failed else 0


def run(linters: tuple[Linter, ...]) -> Iterator[str]:
    """Yield the name of each linter that failed, after its output."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {pool.submit(each.run): each for each in linters}
        for ended in as_completed(running):
            passed, said = ended.result()
            print(said, end="", flush=True)
            if not passed:
                yield running[ended].name


if __name__ == "__main__":
    sys.exit(main())
