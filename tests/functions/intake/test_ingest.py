"""POST /tickets and POST /incidents, called as API Gateway calls them."""

import base64
import json
from io import StringIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from psycopg.conninfo import make_conninfo

from deskhand.errors import DatabaseUnavailable
from deskhand.logs import log
from deskhand.settings import environment
from deskhand.store import connection as connection_module
from deskhand.store.connection import Connection
from functions.ingest.handler import handler
from tests import arrange
from tests.functions.conftest import event
from tests.functions.intake.posting import VALID, detour, header, move, post
from tests.tls import Authority, front


def stored(conn: Connection) -> int:
    return sum(arrange.count(conn, table) for table in arrange.TABLES)


def test_a_ticket_is_stored_answered_and_queued(conn: Connection, messages: Any) -> None:
    """F-A2"""
    reply, answer = post(VALID)
    assert reply["statusCode"] == 202
    assert header(reply, "Location") == f"tickets/{answer['ticket_id']}"
    assert header(reply, "Idempotency-Replayed") is None
    assert answer["status"] == "new"
    assert messages() == [
        {"ticket_id": answer["ticket_id"], "run_id": answer["workflow_run_id"], "attempt": 1}
    ]
    assert conn.execute("SELECT sent_at IS NOT NULL AS sent FROM outbox").fetchone()["sent"]


def test_both_spellings_store_the_same_ticket(conn: Connection, aws: None) -> None:
    """F-A2"""
    other = {"title": VALID["subject"], "description": VALID["body"], "customer_id": "c-1"}
    post(VALID, Idempotency_Key="k-1")
    post(other, Idempotency_Key="k-2")
    first, second = conn.execute("SELECT subject, body, customer_id, tags FROM tickets").fetchall()
    assert first == second


def test_an_incident_answers_in_camel_case(conn: Connection, aws: None) -> None:
    """F-A1"""
    body = {"description": "Mail is down\nNobody in Berlin can send."}
    reply, answer = post(body, "/incidents", Idempotency_Key="i-1")
    assert reply["statusCode"] == 202
    assert set(answer) == {"workflowRunId", "ticketId"}
    assert isinstance(answer["workflowRunId"], int)
    row = conn.execute("SELECT kind, subject, body FROM tickets").fetchone()
    assert row == {"kind": "incident", "subject": "Mail is down", "body": body["description"]}


def test_a_repeat_is_answered_byte_for_byte(conn: Connection, messages: Any) -> None:
    """F-B1"""
    first, _ = post(VALID, Idempotency_Key='"k-1"')
    reordered = json.dumps(dict(reversed(VALID.items())), indent=2)
    second, _ = post(reordered, Idempotency_Key="k-1")
    assert second["body"] == first["body"]
    assert header(second, "Location") == header(first, "Location")
    assert header(second, "Idempotency-Replayed") == "true"
    assert len(messages()) == 1


def test_the_same_key_with_another_payload_changes_nothing(conn: Connection, aws: None) -> None:
    """F-B3"""
    post(VALID, Idempotency_Key="k-1")
    before = stored(conn)
    reply, problem = post({**VALID, "body": "Something else."}, Idempotency_Key="k-1")
    assert reply["statusCode"] == 422
    assert "silent" not in reply["body"]
    assert problem["title"] == "Unprocessable Content"
    assert stored(conn) == before


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "two words", "café"])
def test_a_bad_key_is_refused(conn: Connection, aws: None, key: str) -> None:
    """F-B2"""
    for path, body in (("/incidents", {"description": "Down"}), ("/tickets", VALID)):
        reply, _ = post(body, path, Idempotency_Key=key)
        assert reply["statusCode"] == 400
    assert stored(conn) == 0


def test_two_keys_are_no_key(conn: Connection, aws: None) -> None:
    """F-B2"""
    headers = {"Content-Type": ["application/json"], "idempotency-key": ["k-1", "k-2"]}
    sent = event("ingest", body=json.dumps(VALID), multiValueHeaders=headers)
    assert handler(sent, None)["statusCode"] == 400
    assert stored(conn) == 0


def test_an_incident_needs_a_key_and_a_ticket_does_not(conn: Connection, aws: None) -> None:
    """F-B2"""
    assert post({"description": "Down"}, "/incidents")[0]["statusCode"] == 400
    assert post(VALID)[0]["statusCode"] == 202


BAD_FIELDS = [
    ({**VALID, "subject": " \t"}, "/subject"),
    ({**VALID, "subject": "x" * 501}, "/subject"),
    ({**VALID, "subject": "\u200b\u3164\u00ad \u0301"}, "/subject"),
    ({**VALID, "customer_id": "x" * 101}, "/customer_id"),
    ({**VALID, "customer_id": ""}, "/customer_id"),
    ({**VALID, "subject": 7}, "/subject"),
    ({**VALID, "tags": "vpn"}, "/tags"),
    ({**VALID, "tags": ["ok", 7]}, "/tags/1"),
    ({**VALID, "colour": "red"}, "/colour"),
    ({**VALID, "a/b~c": 1}, "/a~1b~0c"),
    ({**VALID, "metadata": {"k": "x" * 9_000}}, "/metadata"),
    ({"subject": "x", "body": "y"}, "/customer_id"),
    ({"subject": "x", "title": "x", "body": "y", "customer_id": "c"}, "/title"),
]


@pytest.mark.parametrize(("body", "pointer"), BAD_FIELDS)
def test_a_wrong_field_is_named(conn: Connection, aws: None, body: object, pointer: str) -> None:
    """F-A3 F-A14"""
    reply, problem = post(body)
    assert reply["statusCode"] == 422
    assert header(reply, "Content-Type") == "application/problem+json"
    assert pointer in [error["pointer"] for error in problem["errors"]]
    assert set(problem) == {
        "type", "title", "status", "detail", "instance", "request_id", "errors"
    }  # fmt: skip
    assert stored(conn) == 0


BAD_DOCUMENTS = [
    ('{"subject": "a", "subject": "b"}', "/subject"),
    ('{"metadata": {"n": NaN}}', ""),
    ('{"metadata": {"n": 1e999}}', "/metadata/n"),
    ('{"metadata": {"n": ' + "1" * 5_000 + "}}", ""),
    ('{"body": "a\\u0000b"}', "/body"),
    ('{"metadata": {"a": ["\\ud800"]}}', "/metadata/a/0"),
    ("[" * 100_000, ""),
    ('{"metadata": ' + '{"a":' * 40 + "1" + "}" * 41, ""),
    ("not json", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "pointer"), BAD_DOCUMENTS)
def test_a_malformed_document_is_refused_at_its_place(
    conn: Connection, aws: None, text: str, pointer: str
) -> None:
    """F-A3"""
    reply, problem = post(text)
    assert reply["statusCode"] == 400
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert stored(conn) == 0


def test_bytes_that_are_not_utf8_are_refused(conn: Connection, aws: None) -> None:
    """F-A3"""
    sent = event(
        "ingest", body=base64.b64encode(b'{"subject": "\xff"}').decode(), isBase64Encoded=True
    )
    assert handler(sent, None)["statusCode"] == 400
    assert stored(conn) == 0


def test_text_of_any_script_is_kept_unchanged(conn: Connection, aws: None) -> None:
    body = 'Grüße 日本語 🙂 \u000b ￾ "quotes" \'; DROP TABLE tickets; -- {run_id} %s'
    reply, _ = post({**VALID, "body": body})
    assert reply["statusCode"] == 202
    assert conn.execute("SELECT body FROM tickets").fetchone()["body"] == body


def test_size_and_media_type_come_before_everything_else(conn: Connection, aws: None) -> None:
    assert post("x" * (128 * 1024 + 1))[0]["statusCode"] == 413
    assert post(VALID, Content_Type="text/plain")[0]["statusCode"] == 415
    assert post(VALID, Content_Type="application/json; charset=utf-8")[0]["statusCode"] == 202


def test_the_request_id_is_kept_or_made(conn: Connection, aws: None) -> None:
    """F-M4"""
    reply, _ = post(VALID, X_Request_ID="abc-1")
    assert header(reply, "X-Request-ID") == "abc-1"
    assert conn.execute("SELECT request_id FROM runs").fetchone() == {"request_id": "abc-1"}
    reply, _ = post(VALID, X_Request_ID="bad id\twith spaces")
    assert header(reply, "X-Request-ID") not in (None, "bad id\twith spaces")


def test_a_queue_that_refuses_costs_no_ticket(conn: Connection, aws: None) -> None:
    """F-C2"""
    boto3.client("sqs").delete_queue(QueueUrl=environment.settings().queue_url)
    assert post(VALID)[0]["statusCode"] == 202
    assert conn.execute("SELECT sent_at FROM outbox").fetchone() == {"sent_at": None}


def test_a_mark_that_fails_costs_no_ticket(conn: Connection, aws: None) -> None:
    """F-C2"""
    conn.execute("ALTER TABLE outbox ADD CONSTRAINT broken CHECK (sent_at IS NULL)")
    assert post(VALID)[0]["statusCode"] == 202


def test_nothing_of_a_ticket_is_logged(
    conn: Connection, aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-K6"""
    logged = StringIO()
    monkeypatch.setattr(log.registered_handler, "stream", logged)
    secret = {**VALID, "subject": "SECRET-CANARY", "body": "SECRET-CANARY"}
    post(secret)
    post({**secret, "tags": "SECRET-CANARY"})
    boto3.client("sqs").delete_queue(QueueUrl=environment.settings().queue_url)
    post({**secret, "customer_id": "c-2"})
    conn.execute("ALTER TABLE tickets ADD CONSTRAINT broken CHECK (subject = '') NOT VALID")
    assert post({**secret, "customer_id": "c-3"})[0]["statusCode"] == 500
    assert "not queued yet" in logged.getvalue()
    assert "CheckViolation" in logged.getvalue()
    assert "SECRET-CANARY" not in logged.getvalue()


def test_a_request_in_flight_with_the_same_key(conn: Connection, aws: None) -> None:
    """F-B4"""
    post({**VALID, "body": "another"}, Idempotency_Key="other")
    with connection_module.connection() as own:
        own.execute("SET lock_timeout = '50ms'")
    conn.execute("BEGIN")
    conn.execute(
        "INSERT INTO idempotency_keys (caller, route, key, fingerprint, ticket_id, answer,"
        " expires_at) VALUES ('anonymous', '/tickets', 'k', '', gen_random_uuid(), '', now())"
    )
    reply, _ = post(VALID, Idempotency_Key="k")
    conn.execute("ROLLBACK")
    assert (reply["statusCode"], header(reply, "Retry-After")) == (409, "1")
    assert post(VALID, Idempotency_Key="k")[0]["statusCode"] == 202


def test_a_dead_warm_connection_is_replaced_unseen(conn: Connection, aws: None) -> None:
    assert post(VALID)[0]["statusCode"] == 202
    conn.execute(
        "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert post(VALID)[0]["statusCode"] == 202


def test_a_lost_database_is_connected_to_anew(conn: Connection, aws: None) -> None:
    with connection_module.connection() as own:
        first = own
    with pytest.raises(DatabaseUnavailable), connection_module.connection() as own:
        own.execute("SET statement_timeout = '10ms'")
        own.execute("SELECT pg_sleep(1)")
    with connection_module.connection() as own:
        assert own is not first


def test_a_writer_that_became_a_reader_is_left(conn: Connection, aws: None) -> None:
    with connection_module.connection() as own:
        own.execute("SET default_transaction_read_only = on")
    assert post(VALID)[0]["statusCode"] == 503
    assert post(VALID)[0]["statusCode"] == 202


def test_a_database_that_falls_silent_is_a_503(
    database: str, aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with detour(database) as (url, silent):
        move(monkeypatch, url)
        assert post(VALID)[0]["statusCode"] == 202
        silent.set()
        assert post(VALID)[0]["statusCode"] == 503


def test_a_secret_that_cannot_be_read_is_a_503(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    move(monkeypatch, "", "arn:aws:secretsmanager:us-east-1:123456789012:secret:none")
    assert post(VALID)[0]["statusCode"] == 503


def test_a_password_that_was_changed_is_read_again(
    database: str, aws: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets, authority = boto3.client("secretsmanager"), Authority.new()
    old = json.dumps({"url": "postgresql://127.0.0.1:9/old"})
    secret = secrets.create_secret(Name="database", SecretString=old)["ARN"]
    move(monkeypatch, "", secret)
    assert post(VALID)[0]["statusCode"] == 503
    with front(database, authority.vouches("localhost", tmp_path / "server.pem")) as port:
        new = {"url": make_conninfo(database, host="localhost", port=port), "ca": authority.pem}
        secrets.put_secret_value(SecretId=secret, SecretString=json.dumps(new))
        assert post(VALID)[0]["statusCode"] == 202


def test_a_database_that_is_away_is_a_503(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    move(monkeypatch, "postgresql://127.0.0.1:9/none")
    reply, problem = post(VALID)
    assert (reply["statusCode"], header(reply, "Retry-After")) == (503, "2")
    assert problem["title"] == "Service Unavailable"
