"""The metrics of the stack: one snapshot, for Prometheus by push or by GET, and for CloudWatch."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.error import URLError

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    generate_latest,
    push_to_gateway,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from deskhand.logs import log
from deskhand.operations import cloudwatch
from deskhand.operations.metric_families import FAMILIES, Row, from_the_start
from deskhand.settings import provider_chain
from deskhand.settings.environment import settings
from deskhand.settings.version import VERSION
from deskhand.store import facts, gauges, metrics
from deskhand.store.connection import Connection, connection
from deskhand.workflow import queue_depth

JOB = "deskhand"
PUSH_SECONDS = 1.0
# For what is new, and after it for older tickets; the function has 60 seconds.
_FOLD_SECONDS, _FILL_SECONDS = 30, 15
MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class Samples(Collector):
    """Samples as metric families."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._of: dict[str, list[Row]] = {}
        for row in rows:
            self._of.setdefault(row["sample"], []).append(row)

    def collect(self) -> Iterator[Metric]:
        """One family for each metric, also for metrics without values yet."""
        for known in FAMILIES:
            family = Metric(known.name, known.meaning, known.kind)
            for sample in sorted(known.samples):
                for row in self._of.get(sample, []):
                    family.add_sample(sample, _labels(row["labels"]), row["value"])
            yield family


def publish() -> dict[str, Any]:
    """Adds new events to the totals, then pushes all samples and writes them for CloudWatch.

    An unreachable pushgateway costs one second and no data.
    """
    with connection() as conn:
        facts.set_time_zone(conn, settings().desk_time_zone)
        folded = metrics.fold(conn, _FOLD_SECONDS)
        namespace, gateway = settings().metrics_namespace, settings().pushgateway_url
        rows = snapshot(conn) if namespace or gateway else []
        if namespace:
            cloudwatch.write(namespace, [*metrics.take_increases(conn), *_gauges_of(rows)])
        pushed = bool(gateway) and _push(rows)
        if not folded.more:
            facts.fill(conn, _FILL_SECONDS)
    told = {"folded": folded.events, "more": folded.more, "pushed": pushed}
    log.info("metrics", extra=told)
    return told


def exposition() -> str:
    """Every sample in Prometheus's text format; the totals are those of the last fold."""
    with connection() as conn:
        rows = snapshot(conn)
    return generate_latest(_registry(rows)).decode()


def snapshot(conn: Connection) -> list[Row]:
    """Every sample as it is now; what has not happened yet is 0."""
    rows = [
        *from_the_start(provider_chain.parse(settings().llm_providers)),
        *metrics.totals(conn),
        *gauges.gauges(conn),
        *_read(conn),
    ]
    # The last row of each series counts, so the zeros come first.
    return list({_series(row): row for row in rows}.values())


def _read(conn: Connection) -> Iterator[Row]:
    """The gauges that take more than the tables."""
    for queue, states in queue_depth.messages().items():
        for state, count in states.items():
            yield _gauge("queue_messages", count, queue=queue, state=state)
    budget = settings().llm_daily_budget
    yield _gauge("model_budget_spent_ratio", gauges.spent_today(conn) / budget if budget else 0)
    if (source := settings().catalog_source) and (
        age := gauges.catalog_age(conn, source)
    ) is not None:
        yield _gauge("catalog_age_seconds", age)
    yield _gauge("catalog_age_limit_seconds", settings().catalog_max_age_hours * 3_600)
    yield _gauge("events_fold_lag_seconds", metrics.lag(conn))
    yield _gauge("build_info", 1, version=VERSION)


def _gauge(name: str, value: float, **labels: str) -> Row:
    return {"sample": name, "labels": labels, "value": value}


def _gauges_of(rows: Iterable[Row]) -> list[Row]:
    names = {family.name for family in FAMILIES if family.kind == "gauge"}
    return [row for row in rows if row["sample"] in names]


def _series(row: Row) -> tuple[str, frozenset[tuple[str, str]]]:
    return row["sample"], frozenset(row["labels"].items())


def _registry(rows: Iterable[Row]) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(Samples(rows))
    return registry


def _push(rows: Iterable[Row]) -> bool:
    try:
        push_to_gateway(settings().pushgateway_url, JOB, _registry(rows), timeout=PUSH_SECONDS)
    except (URLError, TimeoutError, ConnectionError) as error:
        log.warning("pushgateway away", extra={"error": type(error).__name__})
        return False
    return True


def _labels(stored: dict[str, str]) -> dict[str, str]:
    """Postgres writes the last bucket as Infinity, Prometheus reads +Inf."""
    if stored.get("le") == "Infinity":
        return {**stored, "le": "+Inf"}
    return stored
