"""The desk: what is open, what is late, and what people think of triage."""

from observe.panels import Board, Figure, Graph, greatest, in_range, now, per_second, rates, values

BOARD = Board(
    "deskhand-desk",
    "Deskhand: desk",
    {
        "Open": (
            Figure("Open tickets", now("tickets_open")),
            Figure("Critical", now("tickets_open", priority="critical")),
            Figure("Need a review", now("tickets_needing_review")),
            Figure("Breaches", in_range("sla_breaches_total", level="1")),
            Figure("Notices sent", in_range("notices_sent_total")),
            Figure("Exports", in_range("exports_total")),
        ),
        "Work": (
            values("Open, by priority", "tickets_open", "priority"),
            values("Open, by status", "tickets_open", "status"),
            Graph("Need a review", {"tickets": now("tickets_needing_review")}),
            rates("Warnings before the due time", "sla_warnings_total", "priority"),
            rates("Escalations after a breach", "sla_breaches_total", "priority, level"),
            rates("Notices", "notices_sent_total", "channel"),
        ),
        "Triage in people's eyes": (
            rates("Judgements", "corrections_total", "field, outcome"),
            Graph(
                "Links between duplicates",
                {
                    "linked": per_second("duplicates_linked_total"),
                    "undone": per_second("duplicates_undone_total"),
                },
                "ops",
            ),
            rates("Exports", "exports_total", "status"),
        ),
        "Catalog": (
            Graph(
                "Age of the catalog",
                {
                    "since its source answered": greatest("catalog_age_seconds"),
                    "limit": greatest("catalog_age_limit_seconds"),
                },
                "s",
                "Only the limit when the catalog is loaded by hand.",
            ),
        ),
    },
)
