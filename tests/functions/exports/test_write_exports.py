"""The writer of exports does one for each call; test_exports has what it writes."""

from deskhand.store.connection import Connection
from functions.write_exports.handler import handler


def test_without_an_export_there_is_nothing_to_do(conn: Connection) -> None:
    """F-L3"""
    assert handler({}, None) == {"export": None}
