"""GET /catalog: what tickets can be sorted into."""

import pytest

from tests.functions.gateway import call


@pytest.mark.usefixtures("catalog")
def test_the_catalog_in_force_is_shown() -> None:
    """F-L2"""
    answer = call("GET", "/catalog")
    assert answer.status == 200
    names = [
        (category["name"], request["name"])
        for category in answer.body["categories"]
        for request in category["request_types"]
    ]
    assert ("Network", "VPN access") in names
    [vpn] = [
        request
        for category in answer.body["categories"]
        for request in category["request_types"]
        if request["name"] == "VPN access"
    ]
    assert vpn["route"] == "network-team"
    assert vpn["resolution"] == {"unit": "hours", "value": 8.0}


@pytest.mark.usefixtures("database")
def test_without_a_catalog_there_is_nothing_to_show() -> None:
    assert call("GET", "/catalog").status == 409
