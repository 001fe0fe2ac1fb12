"""POST /tickets on a deployed stack, beside a function that does nothing behind a gateway."""

import io
import itertools
import statistics
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
from rich.table import Table

from embedded import aws
from embedded.instance import Instance
from embedded.stack import running, wipe

AT_ONCE = 8
BLOCKS, BLOCK = 5, 120
INSTANCE = Instance("bench")
_NOTHING = 'def handler(event, context):\n    return {"statusCode": 202, "body": "{}"}\n'


def measure() -> Table:
    """Requests a second, median and p95 in milliseconds of both, in turn, 8 at a time."""
    wipe(INSTANCE)
    with running(INSTANCE) as target, _queue_at_rest(target):
        urls = {"nothing": _nothing(target["aws_endpoint"]), "POST /tickets": target["base_url"]}
        with httpx.Client(timeout=60, trust_env=False) as client:
            posts = {name: _post(client, f"{url}/tickets") for name, url in urls.items()}
            found = _timed(posts)
    wipe(INSTANCE)
    return _table(found)


@contextmanager
def _queue_at_rest(target: dict[str, Any]) -> Iterator[None]:
    """Nothing is dispatched meanwhile: triage would take the cores from what is measured."""
    client = aws.client("lambda", target["aws_endpoint"])
    [mapping] = client.list_event_source_mappings()["EventSourceMappings"]
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    time.sleep(2)
    yield


def _nothing(endpoint: str) -> str:
    """The address of an API whose only function answers at once."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", _NOTHING)
    role = f"arn:aws:iam::{aws.ACCOUNT}:role/any"
    functions, gateway = aws.client("lambda", endpoint), aws.client("apigateway", endpoint)
    arn = functions.create_function(
        FunctionName="nothing",
        Runtime="python3.13",
        Handler="handler.handler",
        Role=role,
        Code={"ZipFile": packed.getvalue()},
    )["FunctionArn"]
    functions.get_waiter("function_active_v2").wait(FunctionName="nothing")
    api = gateway.create_rest_api(name="nothing")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    resource = gateway.create_resource(restApiId=api, parentId=root, pathPart="tickets")["id"]
    place = {"restApiId": api, "resourceId": resource, "httpMethod": "POST"}
    gateway.put_method(**place, authorizationType="NONE")
    uri = f"arn:aws:apigateway:{aws.REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"
    gateway.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    gateway.create_deployment(restApiId=api, stageName="v1")
    return f"{endpoint}/_aws/execute-api/{api}/v1"


def _post(client: httpx.Client, url: str) -> Callable[[int], float]:
    """A post that returns how long it took, in milliseconds."""

    def post(number: int) -> float:
        ticket = {"subject": f"Bench {number}", "body": "How long?", "customer_id": "c-1"}
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        start = time.perf_counter()
        client.post(url, json=ticket, headers=headers).raise_for_status()
        return (time.perf_counter() - start) * 1000

    return post


def _timed(posts: dict[str, Callable[[int], float]]) -> dict[str, tuple[float, list[float]]]:
    """Requests a second and all times by name; blocks in turn, so that both meet the same noise."""
    seconds, times = dict.fromkeys(posts, 0.0), {name: list[float]() for name in posts}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for post in posts.values():
            list(pool.map(post, range(4 * AT_ONCE)))
        for _, (name, post) in itertools.product(range(BLOCKS), posts.items()):
            start = time.perf_counter()
            times[name] += pool.map(post, range(BLOCK))
            seconds[name] += time.perf_counter() - start
    return {name: (BLOCKS * BLOCK / seconds[name], times[name]) for name in posts}


def _table(found: dict[str, tuple[float, list[float]]]) -> Table:
    title = f"through the gateway, {BLOCKS * BLOCK} requests each, {AT_ONCE} at a time"
    table = Table(title=title)
    for column in ("", "a second", "median ms", "p95 ms", "ratio"):
        table.add_column(column, justify="left" if not column else "right")
    floor = statistics.median(found["nothing"][1])
    for name, (rate, times) in found.items():
        median, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        ratio = f"{median / floor:.2f}"
        table.add_row(name, f"{rate:.1f}", f"{median:.0f}", f"{p95:.0f}", ratio)
    return table
