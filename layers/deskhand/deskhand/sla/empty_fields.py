"""Fills in the SLA fields that a request leaves empty."""

from typing import NamedTuple

from deskhand.catalog.sla import Promise


class Filled(NamedTuple):
    """Unit and value, each from the request, or otherwise from the catalog."""

    unit: str | None
    value: float | None


def fill(unit: str | None, value: float | None, promise: Promise | None) -> Filled:
    """Each field is filled separately; a given value is never overwritten, and 0 is a value."""
    open_unit = unit is None or not unit.strip()
    return Filled(
        unit=promise.unit if promise and open_unit else unit,
        value=promise.value if promise and value is None else value,
    )
