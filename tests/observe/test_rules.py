"""Each alert in promtool's unit tests: it is quiet, it fires, and it resolves."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from embedded.prometheus import RULES, find_program
from tests.contract import queries

HOUR = 60
# Cases of several days take a sample every half an hour.
LONG = 30
H, D = 2, 48
BY_NAME = {rule["alert"]: rule for rule in queries.rules()}


def rate(*phases: tuple[int, float]) -> str:
    """A counter, sample by sample: `(samples, increase in each)`."""
    written, value = ["0"], 0.0
    for samples, increase in phases:
        written.append(f"{value + increase:g}+{increase:g}x{samples - 1}")
        value += samples * increase
    return " ".join(written)


def level(*phases: tuple[int, float]) -> str:
    """A gauge, sample by sample: `(samples, value)`."""
    return " ".join(f"{value:g}+0x{samples - 1}" for samples, value in phases)


@dataclass(frozen=True)
class Case:
    """Series by name and labels, and the samples at which the alert is quiet or fires.

    There is a sample every `step` minutes.
    """

    alert: str
    series: dict[str, str]
    quiet: Sequence[int]
    fires: int | None = None
    labels: dict[str, str] = field(default_factory=lambda: {"stack": "s"})
    step: int = 1

    def document(self) -> dict[str, Any]:
        """The case as promtool reads it."""
        rule = BY_NAME[self.alert]
        fired = {
            "exp_labels": {**rule["labels"], **self.labels},
            "exp_annotations": rule["annotations"],
        }
        expected: list[tuple[int, list[Any]]] = [(sample, []) for sample in self.quiet]
        if self.fires is not None:
            expected.append((self.fires, [fired]))
        return {
            "name": self.alert,
            "interval": f"{self.step}m",
            "input_series": [{"series": s, "values": v} for s, v in self.series.items()],
            "alert_rule_test": [
                {"eval_time": f"{at * self.step}m", "alertname": self.alert, "exp_alerts": alerts}
                for at, alerts in sorted(expected, key=lambda each: each[0])
            ],
        }


def posts(good: str, bad: str) -> dict[str, str]:
    name = 'http_request_duration_seconds_count{stack="s", route="/tickets", method="POST"'
    return {f'{name}, status="202"}}': good, f'{name}, status="503"}}': bad}


def runs(completed: str, failed: str) -> dict[str, str]:
    name = 'tickets_processed_total{stack="s"'
    return {f'{name}, status="COMPLETED"}}': completed, f'{name}, status="FAILED"}}': failed}


def timed(within: str, every: str) -> dict[str, str]:
    name = "ticket_processing_duration_seconds"
    return {f'{name}_bucket{{stack="s", le="60"}}': within, f'{name}_count{{stack="s"}}': every}


def models(fallback: str, ok: str) -> dict[str, str]:
    return {
        'model_fallback_answers_total{stack="s", provider="offline"}': fallback,
        'model_calls_total{stack="s", provider="openai", model="m", outcome="ok"}': ok,
        'model_cache_hits_total{stack="s", provider="openai"}': rate((10 * HOUR, 0)),
    }


def gauge(alert: str, name: str, bad: float, wait: int, **more: str) -> Case:
    """A gauge that is bad for an hour: quiet before, while it is new, and afterwards."""
    labels = "".join(f', {label}="{value}"' for label, value in more.items())
    series = {f'{name}{{stack="s"{labels}}}': level((10, 0), (60, bad), (60, 0))}
    return Case(alert, series, (9, 9 + wait, 75), 12 + wait, {"stack": "s", **more})


BREACH = 'sla_breaches_total{stack="s", priority="high", level="1"}'
REVIEW = 'tickets_needing_review{stack="s"}'
AGE, LIMIT = 'catalog_age_seconds{stack="s"}', 'catalog_age_limit_seconds{stack="s"}'
PUSH = 'push_time_seconds{job="deskhand", stack="s"}'

CASES = (
    Case(
        "IntakeBurnFast",
        posts(rate((300, 10)), rate((HOUR, 0), (30, 1), (210, 0))),
        (59, 180),
        90,
    ),
    # One failure in a quiet hour.
    Case("IntakeBurnFast", posts(rate((200, 0.1)), rate((60, 0), (1, 1), (139, 0))), (62, 64, 80)),
    Case(
        "IntakeBurnSlow",
        posts(rate((20 * HOUR, 10)), rate((6 * HOUR, 0), (4 * HOUR, 0.15), (10 * HOUR, 0))),
        (359, 12 * HOUR),
        10 * HOUR,
    ),
    Case(
        "IntakeBurnSlow",
        posts(rate((20 * HOUR, 0.02)), rate((6 * HOUR, 0), (1, 1), (13 * HOUR, 0))),
        (362, 370, 380),
    ),
    Case(
        "TriageBurnFast",
        runs(rate((300, 10)), rate((HOUR, 0), (30, 3), (210, 0))),
        (59, 180),
        90,
    ),
    Case("TriageBurnFast", runs(rate((200, 0.1)), rate((60, 0), (1, 1), (139, 0))), (62, 64, 80)),
    Case(
        "TriageBurnSlow",
        runs(rate((20 * HOUR, 10)), rate((6 * HOUR, 0), (4 * HOUR, 0.8), (10 * HOUR, 0))),
        (359, 12 * HOUR),
        10 * HOUR,
    ),
    Case(
        "TriageBurnLong",
        runs(rate((8 * D, 30)), rate((3 * D, 0), (2 * D, 0.6), (3 * D, 0))),
        (3 * D - 1, 5 * D + 7 * H),
        5 * D,
        step=LONG,
    ),
    Case(
        "TriageSlow",
        timed(rate((HOUR, 10), (HOUR, 2), (3 * HOUR, 10)), rate((5 * HOUR, 10))),
        (59, 3 * HOUR),
        2 * HOUR,
    ),
    Case("TriageSlow", timed(rate((200, 0)), rate((200, 0.1))), (100, 150)),
    gauge("RunsStuck", "runs_oldest_seconds", 1300, 5),
    gauge("QueueOld", "queue_oldest_seconds", 400, 10, queue="tickets"),
    Case(
        "DeadLetters",
        {
            'queue_messages{stack="s", queue="dead_letters", state="visible"}': level(
                (10, 0), (60, 1), (60, 0)
            ),
            'queue_messages{stack="s", queue="tickets", state="visible"}': level((130, 50)),
        },
        (9, 12, 75),
        20,
    ),
    Case(
        "OutboxStuck",
        {
            'outbox_unsent{stack="s"}': level((60, 5), (60, 0)),
            'outbox_oldest_seconds{stack="s"}': level((20, 10), (40, 400), (60, 0)),
        },
        (19, 65),
        30,
    ),
    Case(
        "AttributionFailed",
        {'attribution_runs_total{stack="s", status="FAILED"}': rate((20, 0), (1, 1), (200, 0))},
        (19, 100),
        30,
    ),
    gauge("BreakerOpen", "breaker_open", 1, 10, provider="openai"),
    Case(
        "FallbackHigh",
        models(rate((HOUR, 0), (HOUR, 1), (3 * HOUR, 0)), rate((5 * HOUR, 3))),
        (59, 4 * HOUR),
        2 * HOUR,
    ),
    Case("FallbackHigh", models(rate((5 * HOUR, 0.1)), rate((5 * HOUR, 0.1))), (100, 200)),
    gauge("BudgetNear", "model_budget_spent_ratio", 0.9, 0),
    Case(
        "ReviewPiling",
        {REVIEW: level((7 * D, 8), (5 * H, 20), (5 * H, 8))},
        (7 * D - 1, 7 * D + H, 7 * D + 6 * H),
        7 * D + 4 * H,
        step=LONG,
    ),
    # Few are no pile, however few there were before.
    Case("ReviewPiling", {REVIEW: level((D, 0), (5 * H, 6))}, (D + 4 * H,), step=LONG),
    Case(
        "BreachesRising",
        {BREACH: rate((8 * D, 0.5), (2 * H, 6), (5 * H, 0.5))},
        (8 * D - 1, 8 * D + 4 * H),
        8 * D + 2 * H,
        step=LONG,
    ),
    # In the first week there is nothing to compare with.
    Case("BreachesRising", {BREACH: rate((HOUR, 0), (HOUR, 0.2), (3 * HOUR, 0))}, (59, 240), 120),
    # As many as a week ago.
    Case("BreachesRising", {BREACH: rate((8 * D, 6))}, (8 * D - 1,), step=LONG),
    Case(
        "CatalogOld",
        {AGE: level((20, 100), (60, 90_000), (60, 100)), LIMIT: level((140, 86_400))},
        (19, 25, 85),
        40,
    ),
    gauge("FoldLags", "events_fold_lag_seconds", 400, 5),
    Case(
        "MetricsStale",
        {PUSH: f"0+60x20 {'1200+0x20'} 2520+60x30"},
        (15, 24, 50),
        30,
        {"job": "deskhand", "stack": "s"},
    ),
    Case("MetricsStale", {}, (0,), 10, {"job": "deskhand"}),
)


@pytest.fixture(scope="module")
def promtool() -> Path:
    if (program := find_program("promtool")) is None:
        pytest.skip("no promtool on this machine, and no Debian package to get one from")
    return program


def test_promtool_accepts_the_rules(promtool: Path) -> None:
    """F-M3: its exit status alone is not trusted."""
    done = subprocess.run([promtool, "check", "rules", RULES], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"SUCCESS: {len(BY_NAME)} rules found" in done.stdout


@pytest.mark.parametrize("alert", BY_NAME)
def test_an_alert_is_quiet_fires_and_resolves(alert: str, promtool: Path, tmp_path: Path) -> None:
    """F-M3 F-M6: alone, since promtool evaluates all rules that it is given."""
    rule = tmp_path / "rule.json"
    rule.write_text(json.dumps({"groups": [{"name": "one", "rules": [BY_NAME[alert]]}]}))
    for step in {case.step for case in CASES if case.alert == alert}:
        tests = [case.document() for case in CASES if (case.alert, case.step) == (alert, step)]
        asked = {"rule_files": [str(rule)], "evaluation_interval": f"{step}m", "tests": tests}
        document = tmp_path / "test.json"
        document.write_text(json.dumps(asked))
        done = subprocess.run(
            [promtool, "test", "rules", document], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_case_that_fires_and_resolves() -> None:
    """F-M3"""
    whole = {
        case.alert
        for case in CASES
        if case.fires and min(case.quiet) < case.fires < max(case.quiet)
    }
    assert whole == BY_NAME.keys()


def test_every_level_of_service_has_a_floor() -> None:
    """F-M6: a case with few requests, in which nothing fires."""
    assert {"IntakeBurnFast", "IntakeBurnSlow", "TriageBurnFast", "TriageSlow"} <= {
        case.alert for case in CASES if case.fires is None
    }
