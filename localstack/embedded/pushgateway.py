"""A Prometheus Pushgateway: on PATH, from a Debian package, in Docker, or not used."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from embedded import health, ports
from embedded.daemon import Daemon
from embedded.debian import Package, docker_runs
from embedded.errors import EmbeddedError

_PACKAGE = "prometheus-pushgateway"
_IMAGE = "prom/pushgateway:v1.11.1"


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
        package = Package(_PACKAGE, self.cache)
        if program := shutil.which("pushgateway") or package.program(_PACKAGE):
            listen = f"--web.listen-address={ports.LOOPBACK}:{self.port}"
            return [program, listen, f"--persistence.file={self.directory / 'metrics'}"]
        if docker_runs():
            publish = f"{ports.LOOPBACK}:{self.port}:9091"
            return ["docker", "run", "--rm", "--init", "--publish", publish, _IMAGE]
        raise EmbeddedError(
            "no pushgateway on PATH, no Debian package and no running Docker to get one from: "
            "install pushgateway for metrics"
        )
