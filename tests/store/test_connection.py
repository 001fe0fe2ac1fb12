"""Every session ends what takes too long, also when its caller is gone."""

import pytest

from deskhand.store.connection import open_connection


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statement_timeout", "3s"),
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "30s"),
    ],
)
def test_a_session_has_its_time_limits(database: str, name: str, value: str) -> None:
    with open_connection(database) as own:
        assert own.execute(f"SHOW {name}").fetchone() == {name: value}
