"""Runs Checkov over the templates; the main one as it is written and as SAM translates it.

Half of the checks see nothing in a SAM resource, so both forms are scanned. `.checkov.yaml` lists
the skipped checks with reasons. It uses only the standard library.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = ROOT / ".local/venvs"
TEMPLATE, CONFIGURATION = ROOT / "template.yaml", ROOT / ".checkov.yaml"
BESIDE = (ROOT / "aws/network.yaml", ROOT / "aws/database.yaml")
WORK = ROOT / ".local/scan"


def main() -> int:
    """Print the number of checks and what failed; return the exit status."""
    found = scan(TEMPLATE, translate(), *BESIDE)
    for each in found["failed_checks"]:
        print(f"checkov: {each['check_id']} {each['resource']}: {each['check_name']}")
    failed, passed = len(found["failed_checks"]), len(found["passed_checks"])
    print(f"checkov: {passed} checks passed; {failed} failed")
    return 1 if failed else 0


def translate() -> Path:
    """Return the file with the translated template."""
    WORK.mkdir(parents=True, exist_ok=True)
    target = WORK / "translated.json"
    command = [ENVIRONMENTS / "sam/bin/python", ROOT / "localstack/translate.py", TEMPLATE]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    target.write_text(done.stdout)
    return target


def scan(*paths: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the checks that passed and failed, of all files together."""
    command: list[str | Path] = [ENVIRONMENTS / "checkov/bin/checkov"]
    command += ["--config-file", CONFIGURATION]
    done = subprocess.run(
        [*command, "--output", "json", "--file", *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)
    found: dict[str, list[dict[str, Any]]] = report["results"]
    # A file that Checkov could not read has no failed checks, but no passed ones either.
    if len({each["file_abs_path"] for each in found["passed_checks"]}) != len(paths):
        raise SystemExit(f"checkov could not read the template: {done.stderr}")
    return found


if __name__ == "__main__":
    sys.exit(main())
