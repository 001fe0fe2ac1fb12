"""A Prometheus Pushgateway: on PATH, from a Debian package, in Docker, or not used."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from embedded import health, ports
from embedded.daemon import Daemon
from embedded.errors import EmbeddedError

_PACKAGE = "prometheus-pushgateway"
_IMAGE = "prom/pushgateway:v1.11.1"
_NAMES = ("pushgateway", "prometheus-pushgateway")


@dataclass(frozen=True)
class Pushgateway:
    """A pushgateway that keeps its metrics across restarts; `cache` holds a downloaded program."""

    directory: Path
    port: int
    cache: Path

    @property
    def daemon(self) -> Daemon:
        """Return the background program."""
        return Daemon("pushgateway", self.directory)

    @property
    def url(self) -> str:
        """Return the URL for pushing and reading metrics."""
        return f"http://{ports.LOOPBACK}:{self.port}"

    def answers(self) -> bool:
        """Return whether the pushgateway answers."""
        return health.answers(f"{self.url}/-/ready")

    def start(self) -> None:
        """Start the pushgateway unless it runs; raise EmbeddedError when none can be found."""
        if self.daemon.process:
            return
        self.daemon.start(self._command(), dict(os.environ))
        health.wait(self.daemon, self.answers, 60)

    def stop(self) -> None:
        """Stop the pushgateway with SIGTERM, on which it writes its metrics to disk."""
        self.daemon.stop(grace_seconds=10)

    def _command(self) -> list[str | Path]:
        if program := find() or downloaded_program(self.cache) or fetch(self.cache):
            listen = f"--web.listen-address={ports.LOOPBACK}:{self.port}"
            return [program, listen, f"--persistence.file={self.directory / 'metrics'}"]
        if docker_runs():
            publish = f"{ports.LOOPBACK}:{self.port}:9091"
            return ["docker", "run", "--rm", "--init", "--publish", publish, _IMAGE]
        raise EmbeddedError(
            "no pushgateway on PATH, no Debian package and no running Docker to get one from: "
            "install pushgateway for metrics"
        )


def find() -> Path | None:
    """Return the pushgateway on PATH; None when there is none."""
    return next((Path(found) for name in _NAMES if (found := shutil.which(name))), None)


def downloaded_program(cache: Path) -> Path | None:
    """Return the pushgateway that was downloaded before; None when there is none."""
    program = cache / "usr/bin" / _PACKAGE
    return program if program.exists() else None


def fetch(cache: Path) -> Path | None:
    """Download the Debian package and unpack it into `cache`, without root; None on failure."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return None
    cache.mkdir(parents=True, exist_ok=True)
    if not (_download(cache) or (_update_lists(cache) and _download(cache, *_own_lists(cache)))):
        return None
    for package in cache.glob(f"{_PACKAGE}_*.deb"):
        _quietly("dpkg-deb", "-x", str(package), str(cache), directory=cache)
    return downloaded_program(cache)


def docker_runs() -> bool:
    """Return whether a Docker daemon answers."""
    return bool(shutil.which("docker")) and _quietly("docker", "info", directory=Path("/"))


def _download(cache: Path, *options: str) -> bool:
    return _quietly("apt-get", *options, "download", _PACKAGE, directory=cache)


def _update_lists(cache: Path) -> bool:
    for place in ("lists/partial", "archives/partial"):
        (cache / place).mkdir(parents=True, exist_ok=True)
    return _quietly("apt-get", *_own_lists(cache), "update", directory=cache)


def _own_lists(cache: Path) -> tuple[str, ...]:
    """Return options that give apt lists of our own, where its lists are empty and need root."""
    return ("-o", f"Dir::State::lists={cache}/lists", "-o", f"Dir::Cache={cache}")


def _quietly(*command: str, directory: Path) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, check=False, cwd=directory, timeout=180)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
