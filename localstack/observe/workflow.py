"""Where the time of a run goes, and which steps fail."""

from observe.panels import (
    Board,
    Figure,
    Graph,
    in_range,
    now,
    per_second,
    quantile,
    quantiles,
    rates,
)

_MAIL = "report_mail_seconds"
_STEP = "workflow_step_duration_seconds"
_SPENT, _DONE = (per_second(f"{_STEP}_{part}", "step") for part in ("sum", "count"))

BOARD = Board(
    "deskhand-workflow",
    "Deskhand: workflow",
    {
        "Steps": (
            quantiles("Step, p50", _STEP, "step", 0.5, outcome="succeeded"),
            quantiles("Step, p95", _STEP, "step", 0.95, outcome="succeeded"),
            Graph("Mean time of a step", {"{{step}}": f"{_SPENT} / ({_DONE} > 0)"}, "s"),
            rates("Steps done", f"{_STEP}_count", "step", outcome="succeeded"),
            rates(
                "Tries that failed",
                f"{_STEP}_count",
                "step",
                description="Step Functions tries again, up to three times for a model.",
                outcome="failed",
            ),
            rates(
                "Optional steps that were missing",
                "steps_degraded_total",
                "step",
                description="The ticket was opened without them.",
            ),
        ),
        "Ends": (
            Figure("Completed", in_range("tickets_processed_total", status="COMPLETED")),
            Figure("Failed", in_range("tickets_processed_total", status="FAILED")),
            Figure("Dead letters", now("queue_messages", queue="dead_letters")),
            Figure("Duplicates linked", in_range("duplicates_linked_total")),
            Figure("Links undone by people", in_range("duplicates_undone_total")),
            Figure("Open runs", now("runs_open")),
        ),
        "Attribution and reports": (
            rates("Runs of attribution", "attribution_runs_total", "status"),
            rates("Helpdesk requests", "attribution_requests_total", "outcome"),
            Graph(
                "Time to send a report",
                {"p50": quantile(0.5, _MAIL), "p95": quantile(0.95, _MAIL)},
                "s",
            ),
            Figure("Reports sent", in_range("reports_sent_total")),
        ),
    },
)
