"""LocalStack in host mode, with Lambda functions as processes."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embedded import health, ports, processes
from embedded.daemon import Daemon
from embedded.errors import EmbeddedError
from embedded.processes import Process

ROOT = Path(__file__).resolve().parents[2]
VENVS = ROOT / ".local/venvs"

# A start takes six seconds on a quiet machine. If the process ends, this is noticed at once.
_START_SECONDS = 300

_SETTINGS = {
    "LAMBDA_RUNTIME_EXECUTOR": "process",
    "EAGER_SERVICE_LOADING": "0",
    "DISABLE_EVENTS": "1",
    "SKIP_SSL_CERT_DOWNLOAD": "1",
    "DNS_ADDRESS": "0",
    "LS_LOG": "warn",
    "S3_SKIP_SIGNATURE_VALIDATION": "0",
    "SQS_ENDPOINT_STRATEGY": "path",
    # A queue is polled at least once a second; the default waits up to ten after an idle minute.
    "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC": "0.1",
    "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC": "1",
    "LAMBDA_RETRY_BASE_DELAY": "1",
    # A busy machine may need long to load a function, and a timeout here is a failed invocation.
    "LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT": "60",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
}
# The certificate authorities of this machine: functions that call a model need them.
_INHERITED = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True)
class Emulator:
    """One LocalStack with its own files and one gateway port."""

    directory: Path
    port: int
    detour_port: int | None = None

    @property
    def daemon(self) -> Daemon:
        """Return the background program."""
        return Daemon("LocalStack", self.directory)

    @property
    def url(self) -> str:
        """Return the endpoint of every service."""
        return f"http://{ports.LOOPBACK}:{self.port}"

    def answers(self) -> bool:
        """Return whether the gateway answers."""
        return health.answers(f"{self.url}/_localstack/health")

    def launch(self) -> bool:
        """Start LocalStack unless it runs; return whether this call started it."""
        if self.daemon.process:
            return False
        self.sweep()
        python = VENVS / "localstack/bin/python"
        if not python.exists():
            raise EmbeddedError("LocalStack is not installed: run `make install`")
        # LocalStack's state is in memory only, so a new one cannot use the files of the last one.
        for place in ("filesystem", "tmp", "home"):
            shutil.rmtree(self.directory / place, ignore_errors=True)
            (self.directory / place).mkdir(parents=True)
        launcher = Path(__file__).with_name("launch.py")
        self.daemon.start([python, "-I", launcher], self._environment())
        return True

    def wait(self) -> None:
        """Wait until the gateway answers."""
        health.wait(self.daemon, self.answers, _START_SECONDS)

    def stop(self) -> None:
        """Stop LocalStack and every function process it started."""
        self.daemon.stop(grace_seconds=20)
        self.sweep()

    def sweep(self) -> None:
        """Kill function processes that a killed LocalStack left behind."""
        orphans = list(self._strays())
        for orphan in orphans:
            orphan.kill()
        processes.wait_gone(orphans, 5)

    def _environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        detour = f"http://{ports.LOOPBACK}:{self.detour_port}" if self.detour_port else ""
        return {
            **_SETTINGS,
            **inherited,
            "PROCESS_LAMBDA_AWS_ENDPOINT": detour,
            "GATEWAY_LISTEN": f"{ports.LOOPBACK}:{self.port}",
            "LOCALSTACK_HOST": f"{ports.LOOPBACK}:{self.port}",
            "FILESYSTEM_ROOT": str(self.directory / "filesystem"),
            "TMPDIR": str(self.directory / "tmp"),
            "HOME": str(self.directory / "home"),
            "PROCESS_LAMBDA_PYTHON": str(VENVS / "runtime/bin/python"),
            # More environments than cores only slow each other; at least four, as some wait for a
            # model.
            "PROCESS_LAMBDA_ENVIRONMENTS": str(max(4, os.process_cpu_count() or 1)),
        }

    def _strays(self) -> Iterator[Process]:
        """Yield processes whose temporary files lie in this instance's directory."""
        mark = f"TMPDIR={self.directory}/".encode()
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                variables = (entry / "environ").read_bytes().split(b"\0")
                process = processes.find(int(entry.name))
                if process and any(variable.startswith(mark) for variable in variables):
                    yield process
