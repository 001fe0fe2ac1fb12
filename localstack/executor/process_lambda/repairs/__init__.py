"""Repairs of LocalStack itself; each module says what is wrong and what the repair does."""

import importlib
import logging

from process_lambda.settings import disabled_repairs

LOG = logging.getLogger(__name__)

NAMES = (
    "alias_updates",
    "api_updates",
    "ended_threads",
    "function_properties",
    "gateway_responses",
    "parallel_starts",
    "prompt_exit",
    "put_again",
    "queue_pollers",
    "replacement",
    "step_functions_speed",
    "task_errors",
)


def apply() -> None:
    """Apply every repair that is not switched off."""
    disabled = disabled_repairs()
    for unknown in disabled - set(NAMES):
        LOG.warning("there is no repair %s; known: %s", unknown, ", ".join(NAMES))
    for name in NAMES:
        if name not in disabled:
            importlib.import_module(f"{__name__}.{name}").apply()
