"""Loading a catalog: all of it or nothing, the newest in force."""

from pathlib import Path
from uuid import UUID

import pytest

from deskhand.catalog.loaded import active
from deskhand.catalog.parse import CatalogInvalid
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


def test_yaml_is_taken_as_well(conn: Connection) -> None:
    """F-I1"""
    text = Path("localstack/samples/catalog.yaml").read_text()
    assert handler({"text": text}, None)["request_types"] == 29
    with pytest.raises(CatalogInvalid, match="line 1: is given twice"):
        handler({"text": "{a: 1, a: 2}"}, None)
    with pytest.raises(CatalogInvalid, match="/text: must be text"):
        handler({"text": 7}, None)


def test_findings_are_told(conn: Connection) -> None:
    places = [each["pointer"] for each in handler(event("load_catalog"), None)["findings"]]
    assert places == [
        f"/service_catalog/catalog/categories/1/requests/{index}" for index in range(2)
    ]


def test_a_dry_run_changes_nothing_and_says_what_would(conn: Connection, triaged: UUID) -> None:
    """What a new catalog would re-label, before it does."""
    before = active(conn)
    document = event("load_catalog")["document"]
    network, workplace = document["service_catalog"]["catalog"]["categories"]
    network["requests"][0] |= {"sla": {"unit": "hours", "value": 4}, "route": "vpn-team"}
    workplace["requests"] = ["Monitor", "Laptop that does not start"]
    said = handler({"document": document, "dry_run": True}, None)
    assert active(conn) is before
    felt = {each["request_type"]: each for each in said["changes"]}
    assert {name: (each["change"], each["tickets"]) for name, each in felt.items()} == {
        "VPN access": ("changed", 1),
        "Keyboard": ("gone", 0),
        "Laptop that does not start": ("added", 0),
    }
    assert felt["VPN access"]["fields"]["route"] == {"old": "network-team", "new": "vpn-team"}
    assert felt["VPN access"]["fields"].keys() == {"route", "sla"}
    labels = said["labels"]
    assert (labels["looked_at"], labels["relabelled"]) == (1, 1)
    [move] = labels["moves"]
    assert move["to"] == ["Workplace", "Laptop that does not start"]
    assert move["tickets"] == [str(triaged)]


def test_a_dry_run_of_the_same_changes_nothing(conn: Connection, triaged: UUID) -> None:
    said = handler(event("load_catalog", dry_run=True), None)
    assert (said["changes"], said["labels"]["relabelled"]) == ([], 0)


def test_a_dry_run_before_the_first_catalog(conn: Connection) -> None:
    said = handler(event("load_catalog", dry_run=True), None)
    assert [each["change"] for each in said["changes"]] == ["added"] * 3
    assert active(conn) is None
