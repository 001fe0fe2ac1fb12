"""Nothing that is secret or somebody's text is in any log or execution history."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from embedded import tokens
from tests.e2e.conftest import INSTANCE, Stack
from tests.e2e.people import administrator, login


def planted(stack: Stack) -> dict[str, str]:
    """Words that occur nowhere else, by where they were put, after all of it has been at work."""
    made = {
        name: f"{name}canary{uuid.uuid4().hex}"
        for name in ("subject", "body", "customer", "email", "password", "wrong", "broken", "edit")
    }
    person = administrator(stack, f"{made['email']}@example.com", made["password"])
    login(stack, person.email, made["wrong"])
    login(stack, f"{made['email']}-nobody@example.com", made["wrong"])
    sent = {"refresh_token": person.tokens["refresh_token"]}
    second = stack.api.post("/auth/refresh", json=sent).json()
    stack.api.post("/auth/refresh", json=sent)
    body = {"name": "canary", "scopes": ["tickets:read", "tickets:write"]}
    service = stack.api.post("/auth/tokens", json=body, headers=person.headers).json()["token"]
    machine = {"Authorization": f"Bearer {service}"}
    _tickets(stack, made, machine)
    for headers in (machine, person.headers, {"Authorization": f"Bearer {service}x"}):
        stack.api.get("/tickets", headers=headers)
        stack.api.get("/tickets", params={"q": made["subject"]}, headers=headers)
    signing = json.loads(tokens.secret(INSTANCE.state))["keys"][0]["d"]
    access = person.tokens["access_token"].rpartition(".")[2]
    return {
        **made, "access token": access, "refresh token": person.tokens["refresh_token"],
        "second refresh token": second["refresh_token"], "invitation": person.invite,
        "service token": service, "signing key": signing,
    }  # fmt: skip


def _tickets(stack: Stack, made: dict[str, str], headers: dict[str, str]) -> None:
    """One that is triaged and edited, one that fails, and requests that are refused."""
    ticket = {
        "subject": f"VPN is down {made['subject']}", "body": f"At home. {made['body']}",
        "customer_id": made["customer"],
    }  # fmt: skip
    good = stack.api.post("/tickets", json=ticket, headers=headers).json()["ticket_id"]
    stack.ended(good)
    edit = {"subject": made["edit"], "tags": [made["edit"]]}
    assert stack.api.patch(f"/tickets/{good}", json=edit, headers={"If-Match": "*"}).is_success
    failing = {"subject": "???", "body": "...", "customer_id": made["customer"]}
    stack.ended(stack.api.post("/tickets", json=failing, headers=headers).json()["ticket_id"])
    stack.api.post("/tickets", json={"subject": made["broken"], made["broken"]: 1})
    stack.api.post(
        "/tickets", content=f'{{"{made["broken"]}'.encode(),
        headers={"Content-Type": "application/json", "Idempotency-Key": made["broken"]},
    )  # fmt: skip


def test_no_canary_is_found_and_one_would_be(stack: Stack) -> None:
    """F-K6"""
    canaries = planted(stack)
    logged, told = list(_logs(stack)), list(_histories(stack))
    assert len(logged) > 50 and any(
        '"refused"' in line and "/auth/login" in line for line in logged
    )
    assert len(told) > 10
    assert _found(canaries, logged + told) == set()
    # The same search finds what is really there.
    _leak(stack, canaries["subject"], canaries["password"])
    leaked = [*_logs(stack), *_histories(stack)]
    assert _found(canaries, leaked) == {"subject", "password"}


def _found(canaries: dict[str, str], lines: list[str]) -> set[str]:
    text = "\n".join(lines)
    return {name for name, word in canaries.items() if word in text}


def _logs(stack: Stack) -> Iterator[str]:
    """Every line of every log group."""
    logs = stack.aws("logs")
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            events = logs.get_paginator("filter_log_events")
            for found in events.paginate(logGroupName=group["logGroupName"]):
                yield from (event["message"] for event in found["events"])


def _histories(stack: Stack) -> Iterator[str]:
    """Every event of every execution, with its input and output."""
    machines = stack.aws("stepfunctions")
    for machine in stack.target["state_machines"].values():
        executions = machines.get_paginator("list_executions")
        for page in executions.paginate(stateMachineArn=machine):
            for execution in page["executions"]:
                yield from _history(machines, execution["executionArn"])


def _history(machines: Any, arn: str) -> Iterator[str]:
    described = machines.describe_execution(executionArn=arn)
    yield json.dumps(described, default=str)
    for page in machines.get_paginator("get_execution_history").paginate(executionArn=arn):
        yield from (json.dumps(event, default=str) for event in page["events"])


def _leak(stack: Stack, logged: str, told: str) -> None:
    logs, machines = stack.aws("logs"), stack.aws("stepfunctions")
    group = logs.describe_log_groups()["logGroups"][0]["logGroupName"]
    logs.create_log_stream(logGroupName=group, logStreamName="leak")
    event = {"timestamp": int(time.time() * 1000), "message": f"unexpected {logged}"}
    logs.put_log_events(logGroupName=group, logStreamName="leak", logEvents=[event])
    machine = stack.target["state_machines"]["TriageStateMachine"]
    machines.start_execution(stateMachineArn=machine, input=json.dumps({"leak": told}))
