"""Prometheus, which scrapes the pushgateway and evaluates our rules; and promtool."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from embedded import health, ports
from embedded.daemon import Daemon
from embedded.debian import Package
from embedded.emulator import ROOT
from embedded.errors import EmbeddedError

RULES = ROOT / "localstack/observe/rules.yaml"
SCRAPE_SECONDS = 15
CACHE = ROOT / ".local/prometheus"


def find_program(name: str) -> Path | None:
    """Return `prometheus` or `promtool`: on PATH, or of Debian's package; None: there is none."""
    return Package("prometheus", CACHE).program(name)


@dataclass(frozen=True)
class Prometheus:
    """A Prometheus server of one stack; `stack` is the label of everything that it scrapes."""

    directory: Path
    port: int
    stack: str
    pushgateway: str
    scrape_seconds: int = SCRAPE_SECONDS

    @property
    def daemon(self) -> Daemon:
        """Return the background program."""
        return Daemon("Prometheus", self.directory)

    @property
    def url(self) -> str:
        """Return the URL of its pages and its API."""
        return f"http://{ports.LOOPBACK}:{self.port}"

    def answers(self) -> bool:
        """Return whether the server answers."""
        return health.answers(f"{self.url}/-/ready")

    def start(self) -> None:
        """Start the server unless it runs; raise EmbeddedError when none can be found."""
        if self.daemon.process:
            return
        program = find_program("prometheus")
        if program is None:
            raise EmbeddedError(
                "no prometheus on PATH and no Debian package to get one from: install Prometheus, "
                f"let it scrape {self.pushgateway} with `honor_labels: true`, and give it "
                f"{RULES.relative_to(ROOT)}"
            )
        ports.require_free(self.port, "PROMETHEUS_PORT")
        self.directory.mkdir(parents=True, exist_ok=True)
        configuration = self.directory / "prometheus.yaml"
        # JSON is YAML.
        configuration.write_text(json.dumps(self._configuration(), indent=1))
        command: tuple[str | Path, ...] = (
            *(program, f"--config.file={configuration}"),
            f"--storage.tsdb.path={self.directory / 'data'}",
            f"--web.listen-address={ports.LOOPBACK}:{self.port}",
            # Where Debian's package has its pages, once it is unpacked.
            *_pages(program),
        )
        self.daemon.start(command, dict(os.environ))
        health.wait(self.daemon, self.answers, 60)

    def stop(self) -> None:
        """Stop the server; what it has scraped stays."""
        self.daemon.stop(grace_seconds=10)

    def _configuration(self) -> dict[str, object]:
        every = f"{self.scrape_seconds}s"
        return {
            "global": {"scrape_interval": every, "evaluation_interval": every},
            "rule_files": [str(RULES)],
            "scrape_configs": [
                {
                    "job_name": "pushgateway",
                    # The job of a metric is the one that pushed it.
                    "honor_labels": True,
                    "static_configs": [
                        {
                            "targets": [self.pushgateway.partition("://")[2]],
                            "labels": {"stack": self.stack},
                        }
                    ],
                }
            ],
        }


def _pages(program: Path) -> tuple[str, ...]:
    share = program.parents[1] / "share/prometheus/web"
    if not share.is_dir():
        return ()
    return (
        f"--web.console.templates={share / 'consoles'}",
        f"--web.console.libraries={share / 'console_libraries'}",
    )
