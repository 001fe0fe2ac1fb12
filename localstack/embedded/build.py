"""`sam build` without containers, skipped when nothing it reads has changed."""

import fcntl
import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from embedded import aws
from embedded.console import say
from embedded.emulator import ROOT
from embedded.errors import EmbeddedError

TEMPLATE = ROOT / "template.yaml"
OUTPUT = ROOT / ".aws-sam"
BUILT = OUTPUT / "build/template.yaml"
_SOURCES = ("functions", "layers", "statemachine")
_LIMIT_SECONDS = 600


def build(endpoint: str) -> str:
    """Build all functions and layers into .aws-sam; return the digest of their sources."""
    if not TEMPLATE.exists():
        raise EmbeddedError(f"{TEMPLATE} is missing: there is nothing to deploy")
    OUTPUT.mkdir(exist_ok=True)
    with (OUTPUT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        digest, stamp = source_digest(ROOT), OUTPUT / "digest"
        if not BUILT.exists() or not stamp.exists() or stamp.read_text() != digest:
            say("build", "sam build: functions and layers")
            stamp.unlink(missing_ok=True)
            run_sam("build", "--cached", "--parallel", endpoint=endpoint)
            stamp.write_text(digest)
    return digest


def source_digest(root: Path) -> str:
    """Return a digest over every file that decides what is deployed."""
    digest = hashlib.sha256()
    for path in sorted(_files(root)):
        digest.update(f"{path.relative_to(root)}\0{path.stat().st_mode & 0o111}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def run_sam(*arguments: str, endpoint: str, limit_seconds: int = _LIMIT_SECONDS) -> str:
    """Return what SAM printed; raise with its last lines when it fails or takes too long."""
    try:
        done = subprocess.run(
            [str(aws.sam()), *arguments],
            cwd=ROOT,
            env=aws.environment(endpoint),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=limit_seconds,
        )
    except FileNotFoundError:
        raise EmbeddedError("AWS SAM is not installed: run `make install`") from None
    except subprocess.TimeoutExpired:
        raise EmbeddedError(f"sam {arguments[0]} took over {limit_seconds} s, stopped") from None
    if done.returncode:
        words = (done.stdout + done.stderr).strip().splitlines()[-25:]
        raise EmbeddedError(f"sam {arguments[0]} failed:\n" + "\n".join(words))
    return done.stdout


def _files(root: Path) -> Iterator[Path]:
    yield root / "template.yaml"
    for path in (p for source in _SOURCES for p in (root / source).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path
