"""Processes that post with the same key at the same moment."""

import pytest

from deskhand.store.connection import Connection
from embedded import ports
from tests.races import POSTERS, race


@pytest.mark.parametrize("mixed", [False, True])
def test_a_hundred_keys_posted_sixteen_times_at_once(
    database: str, conn: Connection, mixed: bool
) -> None:
    """F-B1 F-B3 F-B4"""
    # Nobody listens there: what SQS says has no influence on the answers.
    nowhere = f"http://127.0.0.1:{ports.unused_port()}"
    environment = {
        "DATABASE_URL": database,
        "QUEUE_URL": f"{nowhere}/queue",
        "AWS_ENDPOINT_URL": nowhere,
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    }
    verdict = race(conn, environment, 100, mixed=mixed)
    assert verdict.violations == []
    assert verdict.statuses.total() == 100 * POSTERS
    assert (verdict.statuses[422] > 0) == mixed
