"""Loading a catalog: all of it or nothing, the newest in force."""

import pytest

from deskhand.catalog import CatalogInvalid
from deskhand.store.catalog import active
from deskhand.store.connection import Connection
from functions.load_catalog.handler import handler
from tests.functions.conftest import event


def test_a_catalog_is_put_in_force(conn: Connection) -> None:
    """F-I1"""
    loaded = handler(event("load_catalog"), None)
    assert (loaded["categories"], loaded["request_types"]) == (2, 3)
    stored = active(conn)
    assert stored is not None
    assert stored.catalog.version == loaded["version"]
    assert handler(event("load_catalog"), None) == loaded


def test_a_wrong_catalog_changes_nothing(conn: Connection) -> None:
    """F-I1"""
    before = handler(event("load_catalog"), None)["version"]
    document = event("load_catalog")["document"]
    document["service_catalog"]["catalog"]["categories"][0]["requests"][0]["sla"]["value"] = -1
    with pytest.raises(CatalogInvalid, match="/categories/0/requests/0/sla/value"):
        handler({"document": document}, None)
    stored = active(conn)
    assert stored is not None
    assert stored.catalog.version == before


def test_the_one_before_can_come_back(conn: Connection) -> None:
    first = handler(event("load_catalog"), None)["version"]
    other = {"service_catalog": {"catalog": {"categories": ["Only one"]}}}
    assert handler({"document": other}, None)["version"] != first
    assert handler(event("load_catalog"), None)["version"] == first
    in_force = conn.execute("SELECT version FROM catalogs WHERE active").fetchall()
    assert in_force == [{"version": first}]
