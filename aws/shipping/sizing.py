"""How large a stage must be for a rate of tickets: arithmetic, no measurement.

The seconds of a run are an estimate for warm functions at 512 MB; with models it is mostly waiting
for them. Measure your own with the metric `ticket_processing_duration_seconds`, and read the row of
the rate that gives the same number of open runs.
"""

from dataclasses import dataclass
from math import ceil

from deskhand.operations.budget import allowed_connections
from deskhand.settings.environment import Settings

RUN_SECONDS = {False: 2.5, True: 15.0}
# Tickets do not come evenly.
PEAK = 1.5
_API_SECONDS = 0.3
_DISPATCH_SECONDS = 0.2
# From this rate on, the API's functions are given a share of the account's concurrency.
_LIMITED_FROM = 100
# Connections of Aurora by the most capacity units, from AWS's table; fewer than 2,000 while the
# least capacity is below 1.
_AURORA = {1: 189, 4: 823, 8: 1669, 16: 3360, 32: 5000}
_OF_SMALL_MINIMUM = 2000
# A connection of each step opens and closes; from here on Postgres forks more than it answers.
PROXY_FROM_RUNS = 50


@dataclass(frozen=True)
class Size:
    """The parameters for a rate; the names are those of the templates."""

    tickets_per_minute: int
    models: bool

    @property
    def parameters(self) -> dict[str, int]:
        """The parameters of template.yaml."""
        a_second = self.tickets_per_minute / 60 * PEAK
        limited = self.tickets_per_minute >= _LIMITED_FROM
        return {
            "MaxOpenRuns": max(5, ceil(a_second * RUN_SECONDS[self.models])),
            "DispatchConcurrency": max(2, ceil(a_second * _DISPATCH_SECONDS)),
            "ApiConcurrency": max(5, ceil(a_second * _API_SECONDS)) if limited else 0,
            "RequestsPerMinute": max(600, ceil(self.tickets_per_minute * PEAK)),
        }

    @property
    def connections(self) -> int:
        """The database connections that the parameters allow."""
        given = self.parameters
        return allowed_connections(
            Settings(
                max_open_runs=given["MaxOpenRuns"],
                dispatch_concurrency=given["DispatchConcurrency"],
                api_concurrency=given["ApiConcurrency"],
            )
        )

    @property
    def concurrency(self) -> int:
        """The concurrent executions of Lambda that the account needs: 100 stay unreserved."""
        return self.connections + 100

    @property
    def proxy(self) -> bool:
        return self.parameters["MaxOpenRuns"] >= PROXY_FROM_RUNS

    @property
    def capacity(self) -> int:
        """The most Aurora capacity units, for the connections at least."""
        wanted = min(self.connections, _OF_SMALL_MINIMUM)
        return min(units for units, granted in _AURORA.items() if granted >= wanted)


SIZES = [Size(rate, models) for rate in (10, 100, 300, 1000) for models in (False, True)]


def table() -> str:
    """A row for each size, for docs/AWS.md."""
    head = ("tickets a minute", "models", *Size(10, False).parameters, "connections")
    rows = [
        (
            f"{each.tickets_per_minute:,}",
            "yes" if each.models else "no",
            *(str(value) for value in each.parameters.values()),
            str(each.connections),
            "yes" if each.proxy else "no",
            str(each.capacity),
            f"{each.concurrency:,}",
        )
        for each in SIZES
    ]
    lines = [(*head, "proxy", "ACU at most", "concurrency of the account")]
    lines += [("---",) * len(lines[0]), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
