"""Services are loaded before the deployment needs them."""

import threading
from typing import Any

from botocore.exceptions import EndpointConnectionError

from embedded import aws, warm
from tests.contract.template import RESOURCES

# Resource types by the service whose client loads them, where the names differ.
SERVICES = {"serverless": "lambda", "statemachine": "stepfunctions"}
# Their resources have a condition that no local stack fulfils.
ON_AWS = {"ec2", "wafv2"}


def test_every_call_exists() -> None:
    for service, call in warm.CALLS:
        assert callable(getattr(aws.client(service, "http://127.0.0.1:1"), call))


def test_every_service_of_the_template_is_loaded() -> None:
    used = {each["Type"].split("::")[1].lower() for each in RESOURCES.values()}
    loaded = {service for service, _ in warm.CALLS}
    assert {SERVICES.get(name, name) for name in used} <= loaded | ON_AWS


def test_nobody_waits_and_a_dead_gateway_ends_it() -> None:
    asked, entered, go_on = [], threading.Event(), threading.Event()

    def client(service: str) -> Any:
        asked.append(service)
        entered.set()
        go_on.wait(60)
        raise EndpointConnectionError(endpoint_url="http://x")

    warm.warm(client)
    assert entered.wait(60)
    assert asked == [warm.CALLS[0][0]]
    go_on.set()
