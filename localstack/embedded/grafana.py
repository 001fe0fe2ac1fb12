"""Grafana with our dashboards: an installed program, in Docker, or not used."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from embedded import health, ports
from embedded.daemon import Daemon
from embedded.debian import docker_runs
from embedded.emulator import ROOT
from embedded.errors import EmbeddedError

DASHBOARDS = ROOT / "localstack/observe/dashboards"
_IMAGE = "grafana/grafana-oss:11.6.0"
_HOMES = (Path("/usr/share/grafana"), Path("/opt/grafana"))


@dataclass(frozen=True)
class Grafana:
    """A Grafana server that shows our dashboards to everybody on this machine, read-only."""

    directory: Path
    port: int
    prometheus: str

    @property
    def daemon(self) -> Daemon:
        """Return the background program."""
        return Daemon("Grafana", self.directory)

    @property
    def url(self) -> str:
        """Return the URL of its pages."""
        return f"http://{ports.LOOPBACK}:{self.port}"

    def answers(self) -> bool:
        """Return whether the server answers."""
        return health.answers(f"{self.url}/api/health")

    def start(self) -> None:
        """Start the server unless it runs; raise EmbeddedError when none can be found."""
        if self.daemon.process:
            return
        command = self._command()
        ports.require_free(self.port, "GRAFANA_PORT")
        self._provision()
        self.daemon.start(command, {**os.environ, **self._settings()})
        health.wait(self.daemon, self.answers, 180)

    def stop(self) -> None:
        """Stop the server."""
        self.daemon.stop(grace_seconds=20)

    def _command(self) -> list[str | Path]:
        if program := shutil.which("grafana"):
            home = next((home for home in _HOMES if home.is_dir()), Path(program).parents[1])
            return [program, "server", f"--homepath={home}"]
        if docker_runs():
            folders = (self._provisioning, DASHBOARDS)
            volumes = [part for each in folders for part in ("--volume", f"{each}:{each}:ro")]
            names = [part for name in self._settings() for part in ("--env", name)]
            return ["docker", "run", "--rm", "--init", "--network=host", *volumes, *names, _IMAGE]
        raise EmbeddedError(
            "no grafana on PATH and no running Docker. In a Grafana of your own, add "
            f"{self.prometheus} as a Prometheus data source and import the files of "
            f"{DASHBOARDS.relative_to(ROOT)} (Dashboards, New, Import)"
        )

    @property
    def _provisioning(self) -> Path:
        return self.directory / "provisioning"

    def _settings(self) -> dict[str, str]:
        return {
            "GF_PATHS_PROVISIONING": str(self._provisioning),
            "GF_PATHS_DATA": str(self.directory / "data"),
            "GF_SERVER_HTTP_ADDR": ports.LOOPBACK,
            "GF_SERVER_HTTP_PORT": str(self.port),
            "GF_AUTH_ANONYMOUS_ENABLED": "true",
            "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        }

    def _provision(self) -> None:
        """Write the files that tell Grafana of its data source and of the dashboards."""
        source = {
            "name": "Prometheus",
            "uid": "prometheus",
            "type": "prometheus",
            "access": "proxy",
            "url": self.prometheus,
            "isDefault": True,
        }
        provider = {"name": "Deskhand", "type": "file", "options": {"path": str(DASHBOARDS)}}
        for kind, document in (
            ("datasources", {"apiVersion": 1, "datasources": [source]}),
            ("dashboards", {"apiVersion": 1, "providers": [provider]}),
        ):
            folder = self._provisioning / kind
            folder.mkdir(parents=True, exist_ok=True)
            # JSON is YAML.
            (folder / "deskhand.yaml").write_text(json.dumps(document, indent=1))
