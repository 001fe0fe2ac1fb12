"""What ingest could not send is sent later, once the queue takes it."""

from typing import Any

import boto3
import pytest

from deskhand.intake import queue
from deskhand.settings.environment import settings
from deskhand.store import outbox
from deskhand.store.connection import Connection
from functions.relay.handler import handler
from tests import arrange
from tests.functions.conftest import event


def test_unsent_messages_are_sent_once(conn: Connection, messages: Any) -> None:
    """F-C2"""
    owed = {arrange.accepted(conn)[1] for _ in range(12)}
    assert handler({}, None)["sent"] == 0  # fresh: ingest is about to send them
    assert handler(event("relay"), None)["sent"] == 12
    assert {m["run_id"] for m in messages() + messages()} == owed
    assert handler(event("relay"), None)["sent"] == 0


def test_a_queue_that_refuses_keeps_the_messages(conn: Connection, aws: None) -> None:
    """F-C2"""
    arrange.accepted(conn)
    boto3.client("sqs").delete_queue(QueueUrl=settings().queue_url)
    assert handler(event("relay"), None)["sent"] == 0
    boto3.client("sqs").create_queue(QueueName="tickets")
    assert handler(event("relay"), None)["sent"] == 1


def test_what_the_queue_did_not_take_stays_owed(
    conn: Connection, aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-C2"""
    for _ in range(2):
        arrange.accepted(conn)
    client = queue.sqs()
    send = client.send_message_batch

    def take_one(QueueUrl: str, Entries: list[Any]) -> Any:
        return send(QueueUrl=QueueUrl, Entries=Entries[:1])

    monkeypatch.setattr(client, "send_message_batch", take_one)
    assert handler(event("relay"), None)["sent"] == 1
    assert outbox.unsent(conn) == 1


def test_a_send_gets_one_short_chance(aws: None) -> None:
    config: Any = queue.sqs().meta.config
    assert config.retries["total_max_attempts"] == 1
    assert config.connect_timeout + config.read_timeout <= 5


def test_expired_keys_are_reaped(conn: Connection, aws: None) -> None:
    """F-B5"""
    arrange.accepted(conn)
    conn.execute(
        "INSERT INTO idempotency_keys (caller, route, key, fingerprint, ticket_id, answer,"
        " expires_at) VALUES ('a', '/tickets', 'k', '', gen_random_uuid(), '', now())"
    )
    assert handler({}, None)["reaped_keys"] == 1


def test_expired_answers_of_models_are_reaped(conn: Connection, aws: None) -> None:
    """F-E7"""
    for key, expired in ((b"a" * 32, "-1 second"), (b"b" * 32, "1 hour")):
        conn.execute(
            "INSERT INTO model_cache (key, answer, expires_at)"
            " VALUES (%(key)s, 'blue', now() + %(expired)s::interval)",
            {"key": key, "expired": expired},
        )
    assert handler({}, None)["reaped_answers"] == 1
    assert arrange.count(conn, "model_cache") == 1
