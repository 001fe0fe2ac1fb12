"""Publishes the domain metrics to Prometheus."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.error import URLError

from prometheus_client import CollectorRegistry, push_to_gateway
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from deskhand.logs import log
from deskhand.settings.environment import settings
from deskhand.settings.version import VERSION
from deskhand.store import metrics
from deskhand.store.connection import connection
from deskhand.workflow import dead_letters

JOB = "deskhand"
PUSH_SECONDS = 1.0
DEAD_LETTERS = "dead_letters"
BUILD_INFO = "build_info"

# Name, type, labels and meaning of every metric; CONFIGURATION.md lists them.
FAMILIES: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("tickets_created", "counter", (), "Tickets accepted"),
    ("tickets_processed", "counter", ("status",), "Workflow runs ended, by COMPLETED or FAILED"),
    (
        "workflow_step_duration_seconds",
        "histogram",
        ("step", "outcome"),
        "Time a step's body took, in seconds, by succeeded or failed",
    ),
    (
        "ticket_processing_duration_seconds",
        "histogram",
        (),
        "Time from acceptance to the end of the run, in seconds",
    ),
    (
        "model_calls",
        "counter",
        ("provider", "model", "outcome"),
        "Calls of models, by ok or the error's name",
    ),
    (
        "model_cache_hits",
        "counter",
        ("provider",),
        "Answers from the cache instead of a model",
    ),
    ("model_tokens", "counter", ("provider", "direction"), "Tokens, by input or output"),
    ("model_cost_usd", "counter", ("provider",), "Costs in US dollars, where the price is known"),
    ("model_sla_ignored", "counter", (), "Answers of models that named an SLA, which was ignored"),
    ("sla_warnings", "counter", ("priority",), "Warnings before a due time"),
    (
        "sla_breaches",
        "counter",
        ("priority", "level"),
        "Escalation levels that tickets reached after a breach",
    ),
    ("attribution_runs", "counter", ("status",), "Runs of attribution ended"),
    (
        "attribution_requests",
        "counter",
        ("outcome",),
        "Helpdesk requests: complete, classified, rejected, conflict, missing or failed",
    ),
    ("notices_sent", "counter", ("channel",), "Notices that the receiver accepted"),
    (
        DEAD_LETTERS,
        "gauge",
        (),
        "Messages in the dead-letter queue; missing while it does not answer",
    ),
    (BUILD_INFO, "gauge", ("version",), "Always 1; the label is the version that runs"),
)


class Totals(Collector):
    """The stored totals as metric families."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self._rows = list(rows)

    def collect(self) -> Iterator[Metric]:
        """One family for each metric, also for metrics without values yet."""
        for name, kind, _, meaning in FAMILIES:
            family = Metric(name, meaning, kind)
            for row in self._rows:
                if row["sample"].removesuffix("_total").startswith(name):
                    family.add_sample(row["sample"], _labels(row["labels"]), row["value"])
            yield family


def publish() -> dict[str, Any]:
    """Aggregates and pushes the metrics; an unreachable pushgateway costs one second and no
    data."""
    with connection() as conn:
        folded = metrics.fold(conn)
        rows = metrics.totals(conn)
    pushed = bool(settings().pushgateway_url) and _push(rows)
    log.info("metrics", extra={"folded": folded, "pushed": pushed})
    return {"folded": folded, "pushed": pushed}


def _push(rows: list[dict[str, Any]]) -> bool:
    rows = [*rows, {"sample": BUILD_INFO, "labels": {"version": VERSION}, "value": 1}]
    if (waiting := dead_letters.count_waiting()) is not None:
        rows = [*rows, {"sample": DEAD_LETTERS, "labels": {}, "value": waiting}]
    registry = CollectorRegistry()
    registry.register(Totals(rows))
    try:
        push_to_gateway(settings().pushgateway_url, JOB, registry, timeout=PUSH_SECONDS)
    except (URLError, TimeoutError, ConnectionError) as error:
        log.warning("pushgateway away", extra={"error": type(error).__name__})
        return False
    return True


def _labels(stored: dict[str, str]) -> dict[str, str]:
    """Postgres writes the last bucket as Infinity, Prometheus reads +Inf."""
    if stored.get("le") == "Infinity":
        return {**stored, "le": "+Inf"}
    return stored
