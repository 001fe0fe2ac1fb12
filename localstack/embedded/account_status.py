"""The status of a stack in an AWS account, one line each."""

from collections.abc import Iterator
from typing import Any

import httpx

from embedded.functions import DeployedStack

# As long as the health function may take to ask each part twice.
_SECONDS = 30.0


def lines(stack: DeployedStack) -> Iterator[str]:
    """Yield the stack's state, its health by part, and its alarms that are not quiet."""
    stack.require()
    yield f"{'stack':<12} {stack.name} {stack.status()}"
    yield from _health(stack.base_url())
    ringing = list(_alarms(stack))
    yield from ringing or [f"{'alarms':<12} all quiet"]


def _health(base_url: str) -> Iterator[str]:
    try:
        answer = httpx.get(f"{base_url}/health", timeout=_SECONDS)
        document: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        yield f"{'health':<12} no answer ({type(error).__name__})"
        return
    yield f"{'health':<12} {document.get('status')}, version {document.get('version')}"
    for name, part in document.get("parts", {}).items():
        yield f"{name:<12} {part.get('status')} {part.get('error', '')}".rstrip()


def _alarms(stack: DeployedStack) -> Iterator[str]:
    pages = stack.client("cloudwatch").get_paginator("describe_alarms")
    for page in pages.paginate(AlarmNamePrefix=f"{stack.name}-", StateValue="ALARM"):
        for alarm in page["MetricAlarms"]:
            yield f"{'alarm':<12} {alarm['AlarmName']}: {alarm.get('AlarmDescription', '')}"
