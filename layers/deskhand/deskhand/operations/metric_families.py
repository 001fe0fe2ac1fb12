"""Every metric: its name, type, labels and meaning, and the series that exist from the start.

Prometheus cannot see the first increase of a series that is born above zero. So every series whose
labels are known beforehand is published as zero until there is more: the first failed run alerts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

from deskhand.errors import OF_MODELS
from deskhand.settings.provider_chain import OFFLINE, ProviderSpec
from deskhand.store import metrics
from deskhand.store.metric_names import HTTP, HTTP_BUCKETS, INTAKE, LOGIN_REFUSED
from deskhand.store.workflow import ATTRIBUTION, STEPS
from deskhand.ticket import LEVELS

type Row = dict[str, Any]
type Labels = Mapping[str, tuple[str, ...]]

# Values that are not known beforehand: those of the configured providers, or none at all.
OPEN: tuple[str, ...] = ()
QUEUES = ("tickets", "dead_letters")
STATES = ("visible", "in_flight", "delayed")
CORRECTED = ("category", "request_type", "priority")
# Levels of an escalation that always have a series; a catalog may have up to nine.
_ESCALATIONS = ("1", "2", "3")
_STEPS = tuple(step.name for step in (*STEPS, *ATTRIBUTION))
_OPTIONAL = tuple(step.name for step in STEPS if step.optional)
_ATTRIBUTED = ("complete", "classified", "rejected", "conflict", "missing", "failed")
_OUTCOMES = ("ok", *(error.__name__ for error in OF_MODELS))
# The models that `offline` stands for: of classification, and of the other steps.
OFFLINE_MODELS = ("all-MiniLM-L6-v2", "rules")


@dataclass(frozen=True, slots=True)
class Family:
    """A metric. `name` is without the suffix of its samples; `labels` have their known values.

    `known` are label sets that exist from the start although not all values are known. Sets with
    the labels of `untimed` are counted and summed up, but not divided into buckets.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: Labels = field(default_factory=dict)
    buckets: tuple[float, ...] = ()
    known: Labels | None = None
    untimed: Mapping[str, str] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """The name in a query; a histogram's samples add `_bucket`, `_sum` and `_count`."""
        return f"{self.name}_total" if self.kind == "counter" else self.name

    @property
    def samples(self) -> frozenset[str]:
        """The names of its samples."""
        if self.kind != "histogram":
            return frozenset({self.full_name})
        return frozenset(f"{self.name}_{part}" for part in ("bucket", "sum", "count"))

    def zeros(self, chain: Sequence[ProviderSpec]) -> Iterator[Row]:
        """Its samples as they are before anything has happened."""
        for labels in self._label_sets(chain):
            if self.kind != "histogram":
                yield {"sample": self.full_name, "labels": labels, "value": 0}
                continue
            yield {"sample": f"{self.name}_sum", "labels": labels, "value": 0}
            yield {"sample": f"{self.name}_count", "labels": labels, "value": 0}
            is_untimed = self.untimed and labels.items() >= self.untimed.items()
            for bound in (*(() if is_untimed else self.buckets), "Infinity"):
                le = {**labels, "le": f"{bound:g}" if isinstance(bound, float) else bound}
                yield {"sample": f"{self.name}_bucket", "labels": le, "value": 0}

    def _label_sets(self, chain: Sequence[ProviderSpec]) -> Iterator[dict[str, str]]:
        labels = self.known or self.labels
        if "provider" not in labels:
            yield from _products(labels)
            return
        for spec in chain:
            models = OFFLINE_MODELS if spec.name == OFFLINE else (spec.model,)
            of_provider = {"provider": (spec.name,), "model": models}
            named = {name: of_provider.get(name, values) for name, values in labels.items()}
            yield from _products(named)


def _products(labels: Labels) -> Iterator[dict[str, str]]:
    """Every combination of the known values; none when a label has no known value."""
    for values in product(*labels.values()):
        yield dict(zip(labels, values, strict=True))


FAMILIES: tuple[Family, ...] = (
    Family("tickets_created", "counter", "Tickets accepted"),
    Family(
        "tickets_processed",
        "counter",
        "Workflow runs ended, by COMPLETED or FAILED",
        {"status": ("COMPLETED", "FAILED")},
    ),
    Family(
        "workflow_step_duration_seconds",
        "histogram",
        "Time a step's body took, in seconds, by succeeded or failed",
        {"step": _STEPS, "outcome": ("succeeded", "failed")},
        metrics.STEP_BUCKETS,
        untimed={"outcome": "failed"},
    ),
    Family(
        "steps_degraded",
        "counter",
        "Optional steps that were missing when a ticket was opened",
        {"step": _OPTIONAL},
    ),
    Family(
        "ticket_processing_duration_seconds",
        "histogram",
        "Time from acceptance to the end of the run, in seconds",
        buckets=metrics.PROCESSING_BUCKETS,
    ),
    Family(
        HTTP,
        "histogram",
        "Time that a function took to answer a request, in seconds; by the route's template and"
        f" the class of the status, like 4xx. After {metrics.HTTP_SETS} sets of labels the others"
        " are added up as route `other`, and their status is 5xx or `other`",
        {"route": OPEN, "method": OPEN, "status": OPEN},
        HTTP_BUCKETS,
        INTAKE,
    ),
    Family(
        LOGIN_REFUSED.removesuffix("_total"),
        "counter",
        "Refused logins: a wrong password (or address), a disabled account, too many tries",
        {"reason": ("password", "disabled", "tries")},
    ),
    Family(
        "model_calls",
        "counter",
        "Calls of models, by ok or the error's name",
        {"provider": OPEN, "model": OPEN, "outcome": _OUTCOMES},
    ),
    Family(
        "model_cache_hits",
        "counter",
        "Answers from the cache instead of a model",
        {"provider": OPEN},
    ),
    Family(
        "model_fallback_answers",
        "counter",
        "Answers of a provider that is not the first of the chain",
        {"provider": OPEN},
    ),
    Family(
        "model_tokens",
        "counter",
        "Tokens, by input or output",
        {"provider": OPEN, "direction": ("input", "output")},
    ),
    Family(
        "model_cost_usd",
        "counter",
        "Costs in US dollars, where the price is known",
        {"provider": OPEN},
    ),
    Family(
        "model_sla_ignored", "counter", "Answers of models that named an SLA, which was ignored"
    ),
    Family("breaker_open", "gauge", "1 while the provider's breaker is open", {"provider": OPEN}),
    Family(
        "model_budget_spent_ratio",
        "gauge",
        "Share of the daily budget for models that is spent or reserved; 0 without a budget",
    ),
    Family(
        "corrections",
        "counter",
        "People's judgements of triage, by field: confirmed or changed",
        {"field": CORRECTED, "outcome": ("confirmed", "changed")},
    ),
    Family("duplicates_linked", "counter", "Tickets linked to an original"),
    Family("duplicates_undone", "counter", "Links that people removed"),
    Family("sla_warnings", "counter", "Warnings before a due time", {"priority": LEVELS}),
    Family(
        "sla_breaches",
        "counter",
        "Escalation levels that tickets reached after a breach",
        {"priority": LEVELS, "level": _ESCALATIONS},
    ),
    Family(
        "attribution_runs",
        "counter",
        "Runs of attribution ended",
        {"status": ("COMPLETED", "FAILED")},
    ),
    Family(
        "attribution_requests",
        "counter",
        "Helpdesk requests: complete, classified, rejected, conflict, missing or failed",
        {"outcome": _ATTRIBUTED},
    ),
    Family("reports_sent", "counter", "Mails with reports that the mail server accepted"),
    Family(
        "report_mail_seconds",
        "histogram",
        "Time to send a mail with a report, in seconds, with its connection and login",
        buckets=metrics.STEP_BUCKETS,
    ),
    Family(
        "notices_sent",
        "counter",
        "Notices that the receiver accepted",
        {"channel": ("topic", "mailto", "webhook")},
    ),
    Family(
        "exports",
        "counter",
        "Exports of tickets that ended",
        {"status": ("done", "failed")},
    ),
    Family(
        "queue_messages",
        "gauge",
        "Messages in a queue of SQS, as it estimates them; missing while it does not answer",
        {"queue": QUEUES, "state": STATES},
    ),
    Family(
        "queue_oldest_seconds",
        "gauge",
        "How long the oldest message has been in the queue",
        {"queue": ("tickets",)},
    ),
    Family(
        "runs_open", "gauge", "Runs that have not ended", {"status": ("PENDING", "IN_PROGRESS")}
    ),
    Family("runs_oldest_seconds", "gauge", "Age of the oldest open run"),
    Family("outbox_unsent", "gauge", "Messages that wait to be sent to the queue"),
    Family(
        "outbox_oldest_seconds",
        "gauge",
        "How long a message has been due, or tried in vain; 0 for one that waits for a free place",
    ),
    Family(
        "tickets_open",
        "gauge",
        "Tickets that are not solved or closed, by priority; `none` before triage",
        {"status": ("new", "open", "pending", "hold"), "priority": (*LEVELS, "none")},
    ),
    Family("tickets_needing_review", "gauge", "Open tickets that a person must look at"),
    Family(
        "catalog_age_seconds",
        "gauge",
        "Time since the catalog's source last answered; missing when a catalog is loaded by hand",
    ),
    Family("catalog_age_limit_seconds", "gauge", "CATALOG_MAX_AGE_HOURS in seconds"),
    Family("events_fold_lag_seconds", "gauge", "Age of the oldest event that is not yet counted"),
    Family(
        "build_info",
        "gauge",
        "Always 1; the label is the version that runs",
        {"version": OPEN},
    ),
)
# Gauges that are missing while nobody knows them.
UNKNOWN_AT_TIMES = {"queue_messages", "catalog_age_seconds"}


def from_the_start(chain: Sequence[ProviderSpec]) -> Iterator[Row]:
    """The zero of every sample whose labels are known beforehand."""
    for family in FAMILIES:
        if family.name not in UNKNOWN_AT_TIMES:
            yield from family.zeros(chain)
