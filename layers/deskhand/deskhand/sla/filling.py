"""Filling in what a request from elsewhere leaves open of its SLA."""

from typing import NamedTuple

from deskhand.catalog.sla import Promise


class Filled(NamedTuple):
    """Unit and value, each as it was given, or else as the catalog has it."""

    unit: str | None
    value: float | None


def fill(unit: str | None, value: float | None, promise: Promise | None) -> Filled:
    """Each of the two on its own: what is there is never overwritten, and 0 is there."""
    open_unit = unit is None or not unit.strip()
    return Filled(
        unit=promise.unit if promise and open_unit else unit,
        value=promise.value if promise and value is None else value,
    )
