"""The sum of connections that the parameters allow, and whom it counts."""

from typing import Any

import pytest

from deskhand.operations import budget
from deskhand.operations.budget import ConnectionsDoNotFit
from deskhand.settings.environment import Settings
from tests.contract.template import RESOURCES, TEMPLATE, of_type, snake

GIVEN = {
    "max_open_runs": 25,
    "dispatch_concurrency": 8,
    "api_concurrency": 12,
    "database_connections": 0,
}
OTHERS = len(budget.SCHEDULED) + budget.A_RUN_OF_ATTRIBUTION + budget.OPERATORS
SUM = 3 * 25 + 8 + 12 * len(budget.API) + OTHERS
# More than the sum.
GRANTED = 350
LEFT = GRANTED - SUM


@pytest.fixture(autouse=True)
def _server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deskhand.store.capacity.granted_connections", lambda _: GRANTED)


def check(**changes: int) -> str:
    nowhere: Any = None
    return budget.check(nowhere, Settings.model_validate({**GIVEN, **changes})).sentence


def test_a_sum_that_fits_is_told() -> None:
    """F-C8"""
    assert check() == (
        f"3 x MaxOpenRuns 25 + DispatchConcurrency 8 + {len(budget.API)} x ApiConcurrency 12"
        f" + {OTHERS} others = {SUM} connections; the server grants {GRANTED}"
    )
    assert check(database_connections=SUM).endswith(f"DatabaseConnections is {SUM}")
    assert check(max_open_runs=25 + LEFT // 3)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"max_open_runs": 26 + LEFT // 3},
            f"connections; the server grants {GRANTED}: lower MaxOpenRuns, ",
        ),
        (
            {"database_connections": SUM - 1},
            f"= {SUM} connections; DatabaseConnections is {SUM - 1}: lower",
        ),
        ({"dispatch_concurrency": 9 + LEFT}, "DispatchConcurrency"),
        ({"api_concurrency": 36}, "or raise max_connections"),
    ],
)
def test_a_sum_that_does_not_fit_names_the_parameters(changes: dict[str, int], reason: str) -> None:
    """F-C8"""
    with pytest.raises(ConnectionsDoNotFit, match=reason):
        check(**changes)


def test_behind_a_pooler_its_limit_counts() -> None:
    told = check(max_open_runs=250, database_connections=1100)
    assert f"which needs a pooler: the server grants {GRANTED}" in told


def test_what_is_reserved_is_also_given_as_numbers() -> None:
    nowhere: Any = None
    found = budget.check(nowhere, Settings.model_validate(GIVEN))
    assert (found.reserved, found.available) == (SUM, GRANTED)
    pooled = Settings.model_validate({**GIVEN, "database_connections": 1100})
    assert budget.check(nowhere, pooled).available == 1100


def test_what_no_parameter_bounds_is_told() -> None:
    assert "ApiConcurrency 0 sets no bound" in check(api_concurrency=0)


def functions(kind: str) -> set[str]:
    """Functions with the database's policy that have an event of that kind."""
    return {
        snake(name.removesuffix("Function"))
        for name, properties in of_type("AWS::Serverless::Function")
        if "Policies" in properties
        and kind in {event["Type"] for event in properties.get("Events", {}).values()}
    }


def test_everyone_with_a_connection_is_counted() -> None:
    assert functions("Api") == set(budget.API)
    assert functions("Schedule") == set(budget.SCHEDULED)
    assert functions("SQS") == {"dispatch"}


@pytest.mark.parametrize(
    ("words", "limit"), [(budget.API, {"Ref": "ApiConcurrency"}), (budget.SCHEDULED, 1)]
)
def test_the_template_reserves_what_is_counted(words: tuple[str, ...], limit: object) -> None:
    for word in words:
        name = "".join(part.capitalize() for part in word.split("_")) + "Function"
        reserved = RESOURCES[name]["Properties"]["ReservedConcurrentExecutions"]
        assert reserved == {"If": ["LimitsConcurrency", limit, {"Ref": "AWS::NoValue"}]}


def test_the_migrate_function_knows_the_parameters_and_their_defaults() -> None:
    given = RESOURCES["MigrateFunction"]["Properties"]["Environment"]["Variables"]
    counted = {
        "MAX_OPEN_RUNS": "MaxOpenRuns",
        "DISPATCH_CONCURRENCY": "DispatchConcurrency",
        "API_CONCURRENCY": "ApiConcurrency",
        "DATABASE_CONNECTIONS": "DatabaseConnections",
    }
    for variable, parameter in counted.items():
        assert given[variable] == {"Ref": parameter}
        default = TEMPLATE["Parameters"][parameter]["Default"]
        assert default == getattr(Settings(), variable.lower())
