"""The first dashboard: are the promises kept, and what stands in the way?"""

from observe.panels import (
    STACK,
    Board,
    Figure,
    Graph,
    greatest,
    in_range,
    now,
    per_second,
    quantile,
    rates,
    values,
)

_RUN_TIME = "ticket_processing_duration_seconds"
_HTTP = "http_request_duration_seconds"
_INTAKE = {"method": "POST", "route": "/tickets|/incidents"}


def _left(bad: str, every: str, allowed: float) -> str:
    """The share of the error budget of 30 days that is left."""
    return f"1 - (sum (increase({bad}[30d])) / sum (increase({every}[30d]))) / {allowed}"


_RUNS = f"tickets_processed_total{{{STACK}}}"
_FAILED = f'tickets_processed_total{{{STACK}, status="FAILED"}}'
_POSTS = f'{_HTTP}_count{{{STACK}, method="POST", route=~"/tickets|/incidents"}}'
_REFUSED = f'{_HTTP}_count{{{STACK}, method="POST", route=~"/tickets|/incidents", status=~"5.."}}'

BOARD = Board(
    "deskhand-service-level",
    "Deskhand",
    {
        "Service levels": (
            Figure(
                "Intake: budget left",
                _left(_REFUSED, _POSTS, 0.001),
                "percentunit",
                "99.9 % of the requests that hand in a ticket get no server error, in 30 days.",
            ),
            Figure(
                "Triage: budget left",
                _left(_FAILED, _RUNS, 0.005),
                "percentunit",
                "99.5 % of the runs complete, in 30 days.",
            ),
            Figure("Tickets accepted", in_range("tickets_created_total")),
            Figure("Runs failed", in_range("tickets_processed_total", status="FAILED")),
            Figure("Oldest open run", greatest("runs_oldest_seconds"), "s"),
            Figure("Dead letters", now("queue_messages", queue="dead_letters")),
        ),
        "Intake": (
            Graph("Tickets", {"accepted": per_second("tickets_created_total")}, "ops"),
            rates("Answers to tickets handed in", f"{_HTTP}_count", "status", "reqps", **_INTAKE),
            rates("All requests, by route", f"{_HTTP}_count", "method, route", "reqps"),
            Graph(
                "Time of a request",
                {"p50": quantile(0.5, _HTTP), "p95": quantile(0.95, _HTTP)},
                "s",
                "The function's part of it, without API Gateway and cold starts.",
            ),
            rates("Server errors", f"{_HTTP}_count", "method, route", "reqps", status="5.."),
            rates("Refused logins", "login_refused_total", "reason", "reqps"),
        ),
        "Runs and queues": (
            values("Open runs", "runs_open", "status"),
            rates("Runs ended", "tickets_processed_total", "status"),
            Graph(
                "From acceptance to the end",
                {"p50": quantile(0.5, _RUN_TIME), "p95": quantile(0.95, _RUN_TIME)},
                "s",
            ),
            values("Messages in the queues", "queue_messages", "queue, state"),
            Graph(
                "Age of the oldest",
                {
                    "message in the queue": greatest("queue_oldest_seconds"),
                    "message not sent": greatest("outbox_oldest_seconds"),
                    "event not counted": greatest("events_fold_lag_seconds"),
                },
                "s",
            ),
            Graph("Messages not sent", {"unsent": now("outbox_unsent")}),
        ),
        "Version": (
            Graph("Version", {"{{version}}": f"max by (version) (build_info{{{STACK}}})"}),
        ),
    },
)
