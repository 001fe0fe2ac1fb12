"""What models are asked, how they answer, and what that costs."""

from observe.panels import STACK, Board, Figure, Graph, greatest, in_range, per_second, rates

BOARD = Board(
    "deskhand-models",
    "Deskhand: models",
    {
        "Money": (
            Figure("Cost", in_range("model_cost_usd_total"), "currencyUSD"),
            Figure("Today's budget spent", greatest("model_budget_spent_ratio"), "percentunit"),
            Figure("Calls", in_range("model_calls_total")),
            Figure("Answers from the cache", in_range("model_cache_hits_total")),
            Figure("Answers of a fallback", in_range("model_fallback_answers_total")),
            Figure(
                "SLAs named by models",
                in_range("model_sla_ignored_total"),
                description="Only the catalog sets an SLA; what a model says of it is ignored.",
            ),
        ),
        "Calls": (
            rates("Calls, by provider and outcome", "model_calls_total", "provider, outcome"),
            rates("Calls, by model", "model_calls_total", "provider, model"),
            Graph("Breakers", {"{{provider}}": f"max by (provider) (breaker_open{{{STACK}}})"}),
            rates("Tokens", "model_tokens_total", "provider, direction"),
            Graph(
                "Dollars an hour",
                {"{{provider}}": f"3600 * {per_second('model_cost_usd_total', 'provider')}"},
                "currencyUSD",
            ),
            Graph(
                "Answers without the first model",
                {
                    "fallback {{provider}}": per_second("model_fallback_answers_total", "provider"),
                    "cache {{provider}}": per_second("model_cache_hits_total", "provider"),
                },
                "ops",
            ),
        ),
    },
)
