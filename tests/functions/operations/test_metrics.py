"""GET /metrics, and its samples: those of the pushgateway, from the start, and not too many."""

from itertools import product
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from deskhand.api.tally import TALLY
from deskhand.models.rule_provider import RuleProvider
from deskhand.operations import metric_families
from deskhand.operations.metric_families import FAMILIES, OFFLINE_MODELS, from_the_start
from deskhand.settings import provider_chain
from deskhand.settings.environment import settings
from deskhand.settings.version import VERSION
from deskhand.store import corrections, metrics, steps
from deskhand.store.connection import Connection
from deskhand.store.corrections import Said
from deskhand.store.metric_names import HTTP, INTAKE
from deskhand.store.steps import Outcome
from deskhand.triage.offline import OFFLINE
from tests import arrange, journeys
from tests.functions.gateway import Answer, call

pytestmark = pytest.mark.usefixtures("dead")

CHAIN = provider_chain.parse("openai:a,bedrock:b,offline")


def scraped(path: str = "/metrics") -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by name and labels, as Prometheus reads them."""
    answer = call("GET", path)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(name: str, **labels: str) -> float:
    return scraped()[name, frozenset(labels.items())]


def test_every_known_series_begins_at_zero(conn: Connection) -> None:
    """F-M2: Prometheus cannot see the first increase of a series that begins at one."""
    samples = scraped()
    for row in from_the_start(provider_chain.parse("offline")):
        le = {"le": "+Inf"} if row["labels"].get("le") == "Infinity" else {}
        key = row["sample"], frozenset({**row["labels"], **le}.items())
        if key[0] not in ("catalog_age_limit_seconds", f"{HTTP}_bucket"):
            assert samples[key] == 0, key
    assert samples["tickets_processed_total", frozenset({("status", "FAILED")})] == 0
    assert samples["build_info", frozenset({("version", VERSION)})] == 1


def test_the_offline_models_are_those_that_answer() -> None:
    assert (OFFLINE.model, RuleProvider.model) == OFFLINE_MODELS


def test_at_most_300_series_in_a_stack() -> None:
    """F-M1: with three providers, all that may be missing, and every set of labels of HTTP."""
    series = [row for row in from_the_start(CHAIN) if not row["sample"].startswith(HTTP)]
    missing = [
        row
        for family in FAMILIES
        if family.name in metric_families.UNKNOWN_AT_TIMES
        for row in family.zeros(CHAIN)
    ]
    version = 1
    [http] = [family for family in FAMILIES if family.name == HTTP]
    # Those that are added up are 5xx or not.
    of_http = (metrics.HTTP_SETS + 2) * (len(http.buckets) + 3)
    assert len(series) + len(missing) + version + of_http <= 300


def test_the_time_of_a_failed_step_is_not_divided(conn: Connection) -> None:
    """F-M1: how often and how long in all, as its zeros say."""
    _, run_id = arrange.accepted(conn)
    for outcome in ("succeeded", "failed"):
        conn.execute(
            "INSERT INTO events (run_id, kind, actor, step, data) VALUES (%s, %s, 'w', 'classify',"
            " jsonb_build_object('seconds', 1, 'outcome', %s::text))",
            [run_id, f"step.{outcome}", outcome],
        )
    metrics.fold(conn)
    known = {(row["sample"], *sorted(row["labels"].items())) for row in from_the_start(CHAIN)}
    timed = [row for row in metrics.totals(conn) if row["sample"].startswith("workflow_step")]
    assert {(row["sample"], *sorted(row["labels"].items())) for row in timed} < known
    counts = [sum(row["labels"]["outcome"] == name for row in timed)
              for name in ("succeeded", "failed")]  # fmt: skip
    assert counts == [len(metrics.STEP_BUCKETS) + 3, 3]


def test_the_gauges_are_what_the_tables_say(conn: Connection) -> None:
    """F-M1"""
    _, done = arrange.accepted(conn)
    journeys.finish(conn, done)
    for _ in range(2):
        arrange.accepted(conn)
    arrange.sent(conn)
    conn.execute("UPDATE outbox SET created_at = now() - interval '2 hours', sent_at = created_at")
    conn.execute(
        "UPDATE outbox SET sent_at = now() - interval '10 minutes' WHERE run_id <> %s", [done]
    )
    samples = scraped()

    def of(name: str, **labels: str) -> float:
        return samples[name, frozenset(labels.items())]

    assert of("runs_open", status="PENDING") == 2
    assert of("runs_open", status="IN_PROGRESS") == 0
    assert 7_200 <= of("runs_oldest_seconds") < 7_300
    assert 600 <= of("queue_oldest_seconds", queue="tickets") < 700
    assert of("outbox_unsent") == of("outbox_oldest_seconds") == 0
    assert of("tickets_open", status="new", priority="none") == 2
    assert of("tickets_open", status="open", priority="high") == 1
    assert of("queue_messages", queue="tickets", state="visible") == 0
    assert 0 < of("events_fold_lag_seconds") < 60


def test_a_message_that_waits_for_a_place_is_not_overdue(conn: Connection) -> None:
    """F-M1: it goes back to the outbox for some seconds, again and again."""
    arrange.accepted(conn)
    conn.execute(
        "UPDATE outbox SET created_at = now() - interval '1 hour',"
        " next_try_at = now() + interval '20 seconds'"
    )
    assert value("outbox_unsent") == 1
    assert value("outbox_oldest_seconds") == 0
    conn.execute("UPDATE outbox SET next_try_at = now() - interval '5 minutes'")
    assert 300 <= value("outbox_oldest_seconds") < 400
    conn.execute("UPDATE outbox SET tries = 2, next_try_at = now() + interval '1 minute'")
    assert 3_600 <= value("outbox_oldest_seconds") < 3_700


def test_a_replayed_run_is_as_old_as_its_replay(conn: Connection) -> None:
    arrange.accepted(conn)
    conn.execute("UPDATE outbox SET created_at = now() - interval '1 day'")
    conn.execute("UPDATE runs SET attempt = 2, written_off = 1")
    conn.execute(
        "INSERT INTO outbox (run_id, attempt, ticket_id) SELECT id, attempt, ticket_id FROM runs"
    )
    assert value("runs_oldest_seconds") < 60


def test_the_budget_the_breaker_and_the_catalog(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_DAILY_BUDGET", "4")
    monkeypatch.setenv("CATALOG_SOURCE", "https://example.com/catalog")
    settings.cache_clear()
    conn.execute("INSERT INTO model_days VALUES ((now() AT TIME ZONE 'UTC')::date, 3)")
    conn.execute(
        "INSERT INTO model_gates (provider, model, opened_at) VALUES ('openai', 'm', now())"
    )
    conn.execute(
        "INSERT INTO catalog_source (location, checked_at)"
        " VALUES ('https://example.com/catalog', now() - interval '2 hours')"
    )
    assert value("model_budget_spent_ratio") == 0.75
    assert value("breaker_open", provider="openai") == 1
    assert 7_200 <= value("catalog_age_seconds") < 7_300
    assert value("catalog_age_limit_seconds") == 86_400


def test_a_queue_that_does_not_answer_is_missing(
    conn: Connection, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", dead + "-is-gone")
    settings.cache_clear()
    queues = {dict(labels)["queue"] for name, labels in scraped() if name == "queue_messages"}
    assert queues == {"tickets"}


def test_requests_are_counted_by_route_method_and_status(conn: Connection) -> None:
    """F-M1: by the template of the route, never by the path."""
    unknown = "00000000-0000-7000-8000-000000000000"
    assert call("GET", f"/tickets/{unknown}").status == 404
    TALLY._stored_at = None
    assert call("GET", f"/tickets/{unknown}").status == 404
    metrics.fold(conn)
    labels = {"route": "/tickets/{ticket_id}", "method": "GET", "status": "4xx"}
    assert value(f"{HTTP}_count", **labels) == 2
    assert value(f"{HTTP}_bucket", **labels, le="+Inf") == 2
    assert unknown not in str(scraped())


def test_no_request_waits_for_its_figure(conn: Connection, database: str) -> None:
    """F-M1: a locked or missing table costs the request nothing but the figure's time limit."""
    conn.execute("ALTER TABLE metric_increments RENAME TO elsewhere")
    assert call("GET", "/tickets").status == 200
    conn.execute("ALTER TABLE elsewhere RENAME TO metric_increments")
    TALLY._stored_at = None
    assert call("GET", "/tickets").status == 200
    metrics.fold(conn)
    # The figure was kept meanwhile.
    assert value(f"{HTTP}_count", route="/tickets", method="GET", status="2xx") == 2


def test_rare_routes_are_added_up(conn: Connection) -> None:
    """F-M1: so labels cannot grow without end; those that had a series keep it."""
    free = metrics.HTTP_SETS - len([*product(*INTAKE.values())])
    for number in range(free + 10):
        for status in ("2xx", "4xx", "5xx") if number >= free else ("2xx",):
            labels = (("route", f"/r{number:03}"), ("method", "GET"), ("status", status))
            metrics.add(conn, {(f"{HTTP}_count", labels): 1})
        if number == 0:
            metrics.fold(conn)
    metrics.fold(conn)
    metrics.add(conn, {(f"{HTTP}_count", labels): 1})
    metrics.fold(conn)
    rows = metrics.totals(conn)
    counts = {(r["labels"]["route"], r["labels"]["status"]): r["value"] for r in rows}
    assert len(counts) == free + 2
    assert counts["/r000", "2xx"] == 1
    assert (counts["other", "5xx"], counts["other", "other"]) == (11, 20)


def test_requests_that_hand_in_tickets_always_have_their_series(conn: Connection) -> None:
    """F-M1: the service level is alerted on, however many other routes came first."""
    for number in range(metrics.HTTP_SETS + 10):
        labels = (("route", f"/r{number:03}"), ("method", "GET"), ("status", "2xx"))
        metrics.add(conn, {(f"{HTTP}_count", labels): 1})
    metrics.fold(conn)
    for sets in product(*INTAKE.values()):
        metrics.add(conn, {(f"{HTTP}_count", tuple(zip(INTAKE, sets, strict=True))): 1})
    metrics.fold(conn)
    counts = {tuple(r["labels"][name] for name in INTAKE): r["value"] for r in metrics.totals(conn)}
    assert [counts[sets] for sets in product(*INTAKE.values())] == [1, 1, 1, 1]
    assert len(counts) <= metrics.HTTP_SETS + 2


def test_refused_logins_are_counted_by_reason(conn: Connection, keys: Any) -> None:
    login = {"email": "nobody@example.com", "password": "wrong password"}
    answers: list[Answer] = [call("POST", "/auth/login", login) for _ in range(11)]
    assert [answer.status for answer in answers] == [401] * 10 + [429]
    TALLY._stored_at = None
    call("GET", "/.well-known/jwks.json")
    metrics.fold(conn)
    refused = {
        r["labels"]["reason"]: r["value"]
        for r in metrics.totals(conn)
        if r["sample"] == "login_refused_total"
    }
    assert refused == {"password": 10, "tries": 1}


def test_each_judged_field_is_counted(conn: Connection) -> None:
    """F-M1: a field without a prediction, or without a judgement, is none."""
    ticket_id, run_id = arrange.accepted(conn)
    corrections.record(conn, ticket_id, Said("a", "Network", "VPN access", "low"))
    steps.open_step(conn, run_id, 1, "classify", 0)
    predicted = {"category": "Network", "request_type": "Wi-Fi", "needs_review": False}
    steps.close_step(conn, run_id, 1, "classify", 0, Outcome({"priority": "high"}, predicted), 0.1)
    for priority in ("high", "low", None):
        corrections.record(conn, ticket_id, Said("a", "Network", "VPN access", priority))
    metrics.fold(conn)
    judged = {
        (r["labels"]["field"], r["labels"]["outcome"]): r["value"]
        for r in metrics.totals(conn)
        if r["sample"] == "corrections_total"
    }
    assert judged == {
        ("category", "confirmed"): 3,
        ("request_type", "changed"): 3,
        ("priority", "confirmed"): 1,
        ("priority", "changed"): 1,
    }


def test_the_same_at_every_address(conn: Connection) -> None:
    arrange.accepted(conn)
    metrics.fold(conn)
    assert scraped("/actuator/prometheus").keys() == scraped().keys()
    assert call("GET", "/actuator/health").body["version"] == VERSION
    assert call("GET", "/actuator/info").body == {"version": VERSION}
