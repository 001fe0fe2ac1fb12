"""Notices on their way: to a real mail server, a real web server, and a topic."""

import base64
import email
import hashlib
import hmac
import json
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import Message
from email.policy import default
from typing import Any
from uuid import UUID

import boto3
import pytest
import trustme
from aiosmtpd.controller import Controller

from deskhand.escalation.notice import Notice
from deskhand.escalation.notify import CHANNELS, notify
from deskhand.settings import environment
from deskhand.store import notices
from deskhand.store.connection import Connection, database_url, open_connection
from functions.escalate.handler import handler as escalate
from functions.notify.handler import handler
from tests import clocks
from tests.environment import new_environment
from tests.functions.conftest import event
from tests.functions.gateway import call
from tests.functions.tickets.requests import patch
from tests.servers import Desk, serving

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef").decode()


class Mailbox:
    """Takes mails, or refuses them with `refusal`."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.recipients: list[str] = []
        self.refusal = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refusal:
            return self.refusal
        self.recipients += envelope.rcpt_tos
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that sets environment variables for the next call."""

    def tell(**variables: object) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))
        environment.settings.cache_clear()

    yield tell
    environment.settings.cache_clear()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def mailbox(told: Any) -> Iterator[Mailbox]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    told(SMTP_HOST="127.0.0.1", SMTP_PORT=controller.port, SMTP_SECURITY="none",
         MAIL_FROM="desk@example.com")  # fmt: skip
    try:
        yield box
    finally:
        controller.stop()


@pytest.fixture
def desk(told: Any) -> Iterator[Desk]:
    with serving() as served:
        told(PRIVATE_URLS="true", WEBHOOK_SECRET=SECRET)
        yield served


def breached(conn: Connection, *recipients: str) -> UUID:
    """A ticket that has reached level 1, of which the recipients are to be told."""
    clocks.catalog(conn, escalation={"notify": list(recipients)})
    ticket = clocks.opened(conn)
    clocks.move_back(conn, ticket, timedelta(hours=9))
    assert escalate({}, None)["escalated"] == 1
    return ticket


def owed(conn: Connection) -> list[dict[str, Any]]:
    return conn.execute(
        "SELECT recipient, tries, error, sent_at IS NOT NULL AS sent,"
        " next_try_at - now() AS wait FROM notices ORDER BY recipient"
    ).fetchall()


def test_a_mail_arrives_once(conn: Connection, mailbox: Mailbox) -> None:
    """F-I7"""
    ticket = breached(conn, "mailto:duty@example.com")
    assert handler({}, None) == {"sent": 1, "refused": 0}
    assert handler(event("notify"), None) == {"sent": 0, "refused": 0}
    [mail] = mailbox.mails
    assert mailbox.recipients == ["duty@example.com"]
    assert mail["Subject"] == "SLA breached, level 1: VPN"
    assert (mail["To"], mail["From"]) == ("duty@example.com", "desk@example.com")
    assert mail.get_content_type() == "text/plain"
    text = str(mail.get_payload())
    assert str(ticket) in text
    assert "Priority: high" in text


def test_what_a_requester_wrote_makes_no_header(conn: Connection, mailbox: Mailbox) -> None:
    """Whatever stands in a ticket: one line in the subject, plain text in the body."""
    hostile = "A\r\nBcc: victim@example.com\r\n\r\n<script>x</script>\u202e\x0bÄ" + "x" * 500
    clocks.catalog(conn, escalation={"notify": ["mailto:duty@example.com"]})
    ticket = clocks.opened(conn)
    conn.execute("UPDATE tickets SET title = %s, assignee = 'a' || chr(10) || 'Cc: b'", [hostile])
    clocks.move_back(conn, ticket, timedelta(hours=9))
    escalate({}, None)
    assert handler({}, None)["sent"] == 1
    [mail] = mailbox.mails
    assert mailbox.recipients == ["duty@example.com"]
    assert (mail["Bcc"], mail["Cc"], mail.get_content_type()) == (None, None, "text/plain")
    assert mail["Subject"].startswith("SLA breached, level 1: A Bcc: victim@example.com <script>")
    # Where a line was folded, the library may read one more space.
    assert len(" ".join(mail["Subject"].split())) <= 200
    assert not mail.is_multipart()


@pytest.mark.parametrize("refusal", ["451 later", "550 no such user", "554 go away"])
def test_a_refused_mail_is_tried_again(conn: Connection, mailbox: Mailbox, refusal: str) -> None:
    """F-I7: with a back-off, and the same Message-ID each time."""
    breached(conn, "mailto:duty@example.com")
    mailbox.refusal = refusal
    assert handler({}, None) == {"sent": 0, "refused": 1}
    assert handler({}, None) == {"sent": 0, "refused": 0}
    [row] = owed(conn)
    assert (row["tries"], row["error"], row["sent"]) == (1, f"{refusal[:3]} at text", False)
    assert timedelta(seconds=50) < row["wait"] <= timedelta(seconds=60)
    mailbox.refusal = ""
    assert handler(event("notify"), None) == {"sent": 1, "refused": 0}
    [notice] = conn.execute("SELECT id FROM notices").fetchall()
    assert mailbox.mails[0]["Message-ID"] == f"<{notice['id']}@example.com>"


def test_the_wait_doubles_to_an_hour(conn: Connection, told: Any) -> None:
    breached(conn, "mailto:duty@example.com")
    waits = []
    for _ in range(9):
        handler(event("notify"), None)
        waits.append(round(owed(conn)[0]["wait"] / timedelta(minutes=1)))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert owed(conn)[0]["error"] == "SMTP_HOST or MAIL_FROM is not set"


def test_starttls_is_not_left_out(conn: Connection, mailbox: Mailbox, told: Any) -> None:
    """A server that offers no TLS gets no mail when TLS is asked for."""
    told(SMTP_SECURITY="starttls")
    breached(conn, "mailto:duty@example.com")
    assert handler({}, None) == {"sent": 0, "refused": 1}
    assert owed(conn)[0]["error"] == "SMTPNotSupportedError at starttls"


@pytest.mark.parametrize("trusted", [True, False])
def test_mail_over_tls_to_the_named_server_only(
    conn: Connection, told: Any, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    authority, box = trustme.CA(), Mailbox()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    controller = Controller(
        box, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True
    )
    controller.start()
    told(SMTP_HOST="127.0.0.1", SMTP_PORT=controller.port,
         MAIL_FROM="desk@example.com")  # fmt: skip
    if trusted:
        ours = ssl.create_default_context()
        authority.configure_trust(ours)
        monkeypatch.setattr(ssl, "create_default_context", lambda: ours)
    breached(conn, "mailto:duty@example.com")
    sent = handler({}, None)["sent"]
    controller.stop()
    assert (sent, len(box.mails)) == (int(trusted), int(trusted))


def test_a_webhook_is_signed(conn: Connection, desk: Desk) -> None:
    """F-I7: verified as a receiver does it, from the specification of Standard Webhooks."""
    ticket = breached(conn, f"{desk.url}/hook?team=1")
    assert handler({}, None) == {"sent": 1, "refused": 0}
    [(method, path, headers, body)] = desk.requests
    assert (method, path, headers["content-type"]) == (
        "POST", "/hook?team=1", "application/json",
    )  # fmt: skip
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(b"0123456789abcdef", signed, hashlib.sha256).digest())
    assert headers["webhook-signature"] == f"v1,{wanted.decode()}"
    told = json.loads(body)
    assert (told["type"], told["data"]["ticket_id"], told["data"]["level"]) == (
        "sla.breached", str(ticket), 1,
    )  # fmt: skip


@pytest.mark.parametrize("status", [301, 302, 400, 404, 410, 429, 500, 503])
def test_only_a_2xx_is_taken(conn: Connection, desk: Desk, status: int) -> None:
    """F-I7: a redirect is not followed; the id is the same when it is sent again."""
    breached(conn, desk.url)
    desk.status, desk.headers = status, {"Location": f"{desk.url}/elsewhere"}
    assert handler({}, None) == {"sent": 0, "refused": 1}
    assert owed(conn)[0]["error"] == f"it answered {status}"
    desk.status = 204
    assert handler(event("notify"), None) == {"sent": 1, "refused": 0}
    assert len(desk.requests) == 2
    assert len({headers["webhook-id"] for _, _, headers, _ in desk.requests}) == 1


def test_our_own_network_is_not_asked(conn: Connection, desk: Desk, told: Any) -> None:
    told(PRIVATE_URLS="false")
    breached(conn, desk.url, desk.url.replace("http:", "https:"))
    assert handler({}, None) == {"sent": 0, "refused": 2}
    assert all(str(row["error"]).startswith("AddressRefused") for row in owed(conn))
    assert desk.requests == []


@pytest.mark.parametrize(("secret", "why"), [("", "is not set"), ("whsec_%%", "is no base64")])
def test_no_webhook_goes_out_unsigned(
    conn: Connection, desk: Desk, told: Any, secret: str, why: str
) -> None:
    told(WEBHOOK_SECRET=secret)
    breached(conn, desk.url)
    assert handler({}, None)["refused"] == 1
    assert owed(conn)[0]["error"] == f"WEBHOOK_SECRET {why}"


def test_a_topic_gets_it_with_what_subscribers_filter_by(
    conn: Connection, aws: None, told: Any
) -> None:
    """F-I7"""
    new_environment()
    arn = boto3.client("sns").create_topic(Name="escalations")["TopicArn"]
    queue = str(boto3.client("sqs").create_queue(QueueName="seen")["QueueUrl"])
    boto3.client("sns").subscribe(
        TopicArn=arn, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:seen"
    )
    told(TOPIC_ARN=arn)
    ticket = breached(conn, "topic")
    conn.execute('UPDATE notices SET content = content || \'{"title": "Ärger"}\'')
    assert handler({}, None) == {"sent": 1, "refused": 0}
    [message] = boto3.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    told_of = json.loads(message["Body"])
    assert told_of["Subject"] == "SLA breached, level 1: ?rger"
    assert told_of["MessageAttributes"]["level"]["Value"] == "1"
    assert json.loads(told_of["Message"])["data"]["ticket_id"] == str(ticket)
    new_environment()


def test_a_topic_that_is_gone_is_tried_again(conn: Connection, aws: None, told: Any) -> None:
    new_environment()
    breached(conn, "topic")
    assert handler({}, None) == {"sent": 0, "refused": 1}
    assert owed(conn)[0]["error"] == "TOPIC_ARN is not set"
    told(TOPIC_ARN="arn:aws:sns:us-east-1:123456789012:none")
    assert handler(event("notify"), None) == {"sent": 0, "refused": 1}
    assert owed(conn)[0]["error"] == "NotFound"
    new_environment()


def test_one_that_refuses_does_not_hold_up_the_others(
    conn: Connection, mailbox: Mailbox, desk: Desk
) -> None:
    breached(conn, "mailto:duty@example.com", desk.url)
    desk.status = 500
    assert handler({}, None) == {"sent": 1, "refused": 1}
    assert [row["sent"] for row in owed(conn)] == [False, True]


def test_two_at_once_send_each_notice_once(conn: Connection, desk: Desk, mailbox: Mailbox) -> None:
    hooks = [f"{desk.url}/{number}" for number in range(8)]
    breached(conn, *hooks)

    def send(_: int) -> int:
        sent = 0
        with open_connection(database_url()) as own:
            while row := notices.claim_due(own):
                notice = Notice(**row)
                CHANNELS[notice.channel](notice, environment.settings())
                notices.mark_sent(own, notice.id, notice.channel)
                sent += 1
        return sent

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(send, range(4))) == 8
    assert sorted(path for _, path, _, _ in desk.requests) == [f"/{n}" for n in range(8)]


def test_a_function_killed_after_the_send_sends_again_and_marks_once(
    conn: Connection, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-I7: at least once outside, exactly once in the database."""
    ticket = breached(conn, desk.url)
    with monkeypatch.context() as patched:
        patched.setattr("deskhand.store.notices.mark_sent", _killed)
        with pytest.raises(KeyboardInterrupt):
            notify()
    assert handler(event("notify"), None) == {"sent": 1, "refused": 0}
    ids = [headers["webhook-id"] for _, _, headers, _ in desk.requests]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    trail = call("GET", f"/tickets/{ticket}/events").body["events"]
    assert [each["data"] for each in trail if each["kind"] == "notice.sent"] == [
        {"level": 1, "channel": "webhook"}
    ]
    sla = call("GET", f"/tickets/{ticket}/sla").body
    assert [(each["notices"], each["sent"]) for each in sla["escalations"]] == [(1, 1)]


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_solved_ticket_still_tells_of_its_breach(conn: Connection, desk: Desk) -> None:
    """The notice says what was: it happened."""
    ticket = breached(conn, desk.url)
    patch(ticket, {"status": "solved"}, "*")
    assert handler({}, None)["sent"] == 1
    assert json.loads(desk.requests[0][3])["data"]["status"] == "open"
