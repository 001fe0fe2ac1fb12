"""`sam build` without containers, skipped when none of its inputs has changed."""

import contextlib
import fcntl
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from embedded import aws
from embedded.console import say
from embedded.emulator import ROOT
from embedded.errors import EmbeddedError
from embedded.package import package
from embedded.patience import Patience

TEMPLATE = ROOT / "template.yaml"
OUTPUT = ROOT / ".aws-sam"
BUILT = OUTPUT / "build/template.yaml"
PACKAGED = OUTPUT / "packaged/template.json"
_SOURCES = ("functions", "layers", "statemachine")
# Made from the sources.
_MADE = {"__pycache__", "dist"}
# SAM prints more often than this, even on a machine ten times slower than usual.
PATIENCE_SECONDS = 240.0
_POLL_SECONDS = 1.0


def build(endpoint: str) -> str:
    """Build all functions and layers into .aws-sam; return the digest of their sources."""
    if not TEMPLATE.exists():
        raise EmbeddedError(f"{TEMPLATE} is missing: there is nothing to deploy")
    OUTPUT.mkdir(exist_ok=True)
    with (OUTPUT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        digest, stamp = source_digest(ROOT), OUTPUT / "digest"
        whole = BUILT.exists() and PACKAGED.exists() and stamp.exists()
        if not whole or stamp.read_text() != digest:
            say("build", "sam build: functions and layers")
            stamp.unlink(missing_ok=True)
            run_sam("build", "--cached", "--parallel", endpoint=endpoint)
            package(BUILT, PACKAGED)
            stamp.write_text(digest)
    return digest


def source_digest(root: Path) -> str:
    """Return a digest over every file that decides what is deployed."""
    digest = hashlib.sha256()
    for path in sorted(_files(root)):
        digest.update(f"{path.relative_to(root)}\0{path.stat().st_mode & 0o111}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def run_sam(
    *arguments: str,
    endpoint: str,
    failed: Callable[[], str | None] = lambda: None,
    progress: Callable[[], object] = lambda: None,
    patience: Patience | None = None,
) -> None:
    """Run SAM to its end; raise EmbeddedError with its last output when it fails or makes no
    progress.

    Progress is any output of SAM and any change of `progress`. `failed` is polled meanwhile,
    because SAM waits for ever for a stack that LocalStack has rolled back.
    """
    patience = patience or Patience(PATIENCE_SECONDS)
    with tempfile.TemporaryFile("w+") as output:
        try:
            process = subprocess.Popen(
                [str(aws.sam()), *arguments],
                cwd=ROOT,
                env=aws.environment(endpoint),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        except FileNotFoundError:
            raise EmbeddedError("AWS SAM is not installed: run `make install`") from None

        def state() -> object:
            return os.fstat(output.fileno()).st_size, progress()

        with process:
            try:
                fault = _watch(process, state, patience, failed)
            finally:
                process.kill()
        if fault or process.returncode:
            output.seek(0)
            raise EmbeddedError(f"sam {arguments[0]} failed: {fault or _last_words(output.read())}")


def _watch(
    process: subprocess.Popen[bytes],
    state: Callable[[], object],
    patience: Patience,
    failed: Callable[[], str | None],
) -> str | None:
    """Return the fault; None once SAM has ended by itself."""
    while not patience.has_ended(state()):
        with contextlib.suppress(subprocess.TimeoutExpired):
            return failed() if process.wait(timeout=_POLL_SECONDS) else None
        if fault := failed():
            return fault
    return f"nothing new has happened for {patience.seconds:.0f} s, so it was stopped"


def _last_words(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip() and "same data" not in line]
    return "\n" + "\n".join(lines[-20:])


def _files(root: Path) -> Iterator[Path]:
    yield root / "template.yaml"
    for path in (p for source in _SOURCES for p in (root / source).rglob("*")):
        if path.is_file() and not _MADE & set(path.parts):
            yield path
