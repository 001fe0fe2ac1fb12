"""Idempotency keys against a model that is a dict: posts, repeats, expiry, deletion, crashes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from deskhand.api.caller import Caller
from deskhand.intake import queue
from deskhand.store import idempotency_keys, intake
from deskhand.store.connection import Connection, connection, open_connection
from deskhand.store.idempotency_keys import Key
from deskhand.store.limits import set_limits
from functions.ingest.handler import handler
from tests import arrange, journeys
from tests.functions.conftest import event
from tests.machines import assert_sound, bounded, empty

CALLERS = ("user:ann", "user:bob")
ROUTES = ("/tickets", "/incidents")
HEADERS = ("k-1", "k-2")
BODIES = ("The VPN disconnects.", "The printer is out of paper.")


@dataclass(frozen=True)
class Post:
    """A request; without a key its content is the key, which only tickets have."""

    caller: str
    route: str
    key: str | None
    body: str

    @property
    def scope(self) -> tuple[str, str, str]:
        """What is taken once it is posted."""
        return self.caller, self.route, self.key or f"content {self.body}"


keyed = st.builds(
    Post,
    st.sampled_from(CALLERS),
    st.sampled_from(ROUTES),
    st.sampled_from(HEADERS),
    st.sampled_from(BODIES),
)
without = st.builds(
    Post, st.sampled_from(CALLERS), st.just("/tickets"), st.none(), st.sampled_from(BODIES)
)
posts = st.one_of(keyed, without)


class Keys(RuleBasedStateMachine):
    """`model` holds the first payload and answer of every scope that is taken."""

    conn: Connection
    other: Connection
    now_calling: ClassVar[list[str]] = [""]

    def __init__(self) -> None:
        super().__init__()
        empty(self.conn)
        self.model: dict[tuple[str, str, str], tuple[str, str]] = {}
        self.tickets: set[str] = set()

    @rule(post=posts)
    def post(self, post: Post) -> None:
        """A new key makes a ticket, a repeat none; another payload is refused."""
        status, answer, replayed = self.sent(post)
        known = self.model.get(post.scope)
        if known is None:
            assert (status, replayed) == (202, False)
            assert id_in(answer) not in self.tickets
            self.tickets.add(id_in(answer))
            self.model[post.scope] = (post.body, answer)
        elif known[0] == post.body:
            assert (status, answer, replayed) == (202, known[1], True)
        else:
            assert (status, replayed) == (422, False)
        self.count()

    @rule(post=posts)
    def expire(self, post: Post) -> None:
        """The key's time is over."""
        if self.model.pop(post.scope, None):
            self.back_date(post, "-1 second")

    @rule(post=posts)
    def nearly_expire(self, post: Post) -> None:
        """The key's time is nearly over: it holds."""
        if post.scope in self.model:
            self.back_date(post, "1 minute")

    @rule()
    def reap(self) -> None:
        """Expired keys go, others stay."""
        idempotency_keys.reap(self.conn)
        assert arrange.count(self.conn, "idempotency_keys") == len(self.model)

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """A deleted ticket takes the key of its content along, and no other."""
        if not self.tickets:
            return
        ticket_id = data.draw(st.sampled_from(sorted(self.tickets)))
        if not journeys.delete(self.conn, UUID(ticket_id)):
            return
        for scope, (_, answer) in list(self.model.items()):
            if id_in(answer) == ticket_id and scope[2].startswith("content"):
                del self.model[scope]
        self.count()

    @rule(post=keyed)
    def crash(self, post: Post) -> None:
        """The owner of a key dies before its commit: nothing has happened."""
        with self.in_transaction(post):
            pass
        self.count()

    @rule(post=keyed)
    def too_early(self, post: Post) -> None:
        """While the first request with a key is not done, its repeat is told to come again."""
        if post.scope not in self.model:
            with self.in_transaction(post):
                assert self.sent(post)[0] == 409
            self.count()

    def teardown(self) -> None:
        """Nothing that was promised is broken."""
        assert_sound(self.conn)

    def sent(self, post: Post) -> tuple[int, str, bool]:
        """Status, body, and whether it was said to be a repeat."""
        self.now_calling[0] = post.caller
        text = "description" if post.route == "/incidents" else "body"
        ticket = {} if post.route == "/incidents" else {"subject": "s", "customer_id": "c-1"}
        headers = {"Content-Type": ["application/json"]}
        headers |= {"Idempotency-Key": [post.key]} if post.key else {}
        reply = handler(
            event(
                "ingest",
                resource=post.route,
                path=post.route,
                body=json.dumps({text: post.body, **ticket}),
                multiValueHeaders=headers,
            ),
            None,
        )
        replayed = "Idempotency-Replayed" in reply["multiValueHeaders"]
        return reply["statusCode"], reply["body"], replayed

    @contextmanager
    def in_transaction(self, post: Post) -> Iterator[None]:
        """The key is taken by a request that never commits."""
        key = Key(post.caller, post.route, str(post.key), b"", 72)
        self.other.execute("BEGIN")
        try:
            intake.accept(self.other, replace(arrange.request(), caller=post.caller, key=key))
            yield
        finally:
            self.other.execute("ROLLBACK")

    def back_date(self, post: Post, until: str) -> None:
        caller, route, key = post.scope
        changed = self.conn.execute(
            "UPDATE idempotency_keys k SET expires_at = now() + %(until)s::interval"
            " WHERE caller = %(caller)s AND route = %(route)s AND expires_at >= now()"
            " AND CASE WHEN %(key)s LIKE 'content %%' THEN starts_with(key, 'content ')"
            " AND EXISTS (SELECT FROM tickets WHERE id = k.ticket_id AND body = %(body)s)"
            " ELSE key = %(key)s END",
            {"until": until, "caller": caller, "route": route, "key": key, "body": post.body},
        )
        assert changed.rowcount == 1

    def count(self) -> None:
        deleted = arrange.count(self.conn, "audit")
        assert arrange.count(self.conn, "tickets") + deleted == len(self.tickets)


def id_in(answer: str) -> str:
    document: dict[str, Any] = json.loads(answer)
    return str(document.get("ticket_id") or document["ticketId"])


@pytest.mark.timeout(3600)
def test_keys(database: str, conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-B1 F-B2 F-B3 F-B4 F-B5 F-B6"""
    monkeypatch.setattr(queue, "send", lambda message: None)
    monkeypatch.setattr(
        "deskhand.api.router.caller_of", lambda _: Caller(Keys.now_calling[0], "admin")
    )
    # Who comes too early waits as long as ever, in another unit.
    conn.execute("ALTER ROLE CURRENT_USER IN DATABASE test_clone SET lock_timeout = '1ms'")
    with connection() as own:
        assert own.execute("SHOW lock_timeout").fetchone() == {"lock_timeout": "1ms"}
    set_limits(conn, "test_clone")
    with open_connection(database) as other:
        Keys.conn, Keys.other = conn, other
        run_state_machine_as_test(Keys, settings=bounded())
