"""A ticket that nobody solves, on LocalStack: escalated once, everybody told once."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tests import clocks
from tests.e2e.conftest import Stack, eventually


def subscribed(stack: Stack) -> str:
    """The URL of a queue that gets what the stack's topic is told."""
    name = stack.target["functions"]["NotifyFunction"]
    notify = stack.aws("lambda").get_function_configuration(FunctionName=name)
    topic = notify["Environment"]["Variables"]["TOPIC_ARN"]
    queue = stack.aws("sqs").create_queue(QueueName="told-of-escalations")["QueueUrl"]
    arn = topic.replace(":sns:", ":sqs:").rpartition(":")[0] + ":told-of-escalations"
    stack.aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return str(queue)


def neglect(stack: Stack, ticket_id: str) -> None:
    """All of it happened sixty days ago, and is to be calculated again."""
    with psycopg.connect(stack.target["dsn"], autocommit=True, row_factory=dict_row) as conn:
        clocks.move_back(conn, UUID(ticket_id), timedelta(days=60))
        conn.execute("UPDATE tickets SET sla_version = NULL WHERE id = %s", [ticket_id])


def test_a_neglected_ticket_is_escalated_once(stack: Stack) -> None:
    """F-I6 F-I7: by the schedule or by hand, also by several at once."""
    queue = subscribed(stack)
    ticket_id = stack.post("VPN disconnects every few minutes").json()["ticket_id"]
    assert stack.ended(ticket_id)["escalate_at"]
    neglect(stack, ticket_id)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: stack.invoke("EscalateFunction", {}), range(3)))
    stack.invoke("NotifyFunction", {})
    told: list[dict[str, Any]] = []

    def everybody() -> bool:
        reply = stack.aws("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        told.extend(json.loads(json.loads(m["Body"])["Message"]) for m in reply.get("Messages", ()))
        return len([each for each in told if each["data"]["ticket_id"] == ticket_id]) >= 3

    eventually(everybody)
    levels = [each["data"]["level"] for each in told if each["data"]["ticket_id"] == ticket_id]
    assert sorted(levels) == [1, 2, 3]
    sla = stack.api.get(f"/tickets/{ticket_id}/sla").json()
    assert sla["resolution"]["state"] == "breached"
    assert [(each["level"], each["notices"], each["sent"]) for each in sla["escalations"]] == [
        (1, 1, 1), (2, 1, 1), (3, 1, 1),
    ]  # fmt: skip
    assert {each["why"] for each in sla["intervals"]} >= {"working hours", "outside working hours"}
    page = stack.api.get("/tickets", params={"escalated": "true"}).json()["tickets"]
    assert ticket_id in [each["id"] for each in page]
    assert stack.invoke("VerifyFunction", {})["broken"] == []
