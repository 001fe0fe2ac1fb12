"""Breaker, limiter and cache in the database: exact when many ask, harmless when it is stuck."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from deskhand.models import pace
from deskhand.store import admission
from deskhand.store.admission import Admission, CallRequest, admit
from deskhand.store.calls import CacheEntry, Calls, Effect, reap, record
from deskhand.store.connection import Connection, open_connection
from tests import arrange
from tests.patience import HUNG_SECONDS
from tests.stopped_clock import StoppedClock
from tests.store.model_call import CALL

AT_ONCE = 16
IMPATIENT_MS = 200
KEY = b"k" * 32
REQUEST = CallRequest(
    provider="openai",
    model="m",
    key=None,
    requests=None,
    tokens=None,
    cost_usd=0.0,
    budget_usd=None,
    open_seconds=30,
    lease_seconds=35,
    max_wait_seconds=0,
)
FINE = Effect(
    provider="openai",
    model="m",
    failed=False,
    probing=False,
    breaker_calls=10,
    window_seconds=60,
    request_seconds=0.0,
    token_seconds=0.0,
    cost_usd=0.0,
    retry_seconds=0.0,
)
FAILED = replace(FINE, failed=True)


def end(conn: Connection, *effects: Effect, entry: CacheEntry | None = None) -> None:
    for effect in effects:
        record(Calls(conn, None, "classify"), CALL, effect, entry)


def gate(conn: Connection) -> dict[str, object]:
    found = conn.execute("SELECT * FROM model_gates").fetchone()
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def clock(conn: Connection) -> StoppedClock:
    """Nothing passes by itself: how fast the machine is decides no test."""
    return StoppedClock(conn)


def together[T](database: str, action: Callable[[Connection], T], times: int = 1) -> list[T]:
    """What sixteen connections get that act at the same moment, again and again.

    They wait for each other for as long as it takes. `make bench ONLY=gate` says how long.
    """
    barrier = threading.Barrier(AT_ONCE)

    def work(_: int) -> list[T]:
        with open_connection(database, wait_seconds=None) as own:
            found = []
            for _ in range(times):
                barrier.wait(HUNG_SECONDS)
                try:
                    found.append(action(own))
                except BaseException:
                    barrier.abort()
                    raise
            return found

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [found for one in pool.map(work, range(AT_ONCE)) for found in one]


class TestBreaker:
    def open(self, conn: Connection) -> None:
        admit(conn, REQUEST)
        end(conn, *[FAILED] * 10)
        assert admit(conn, REQUEST).open

    @pytest.mark.parametrize(
        ("fine", "failed", "opens"),
        [(0, 9, False), (0, 10, True), (5, 5, False), (4, 6, True), (9, 10, True), (30, 30, False)],
    )
    def test_more_than_half_of_enough_calls_open_it(
        self, conn: Connection, fine: int, failed: int, opens: bool
    ) -> None:
        """F-E5"""
        admit(conn, REQUEST)
        end(conn, *[FINE] * fine, *[FAILED] * failed)
        assert admit(conn, REQUEST) == (
            Admission(admitted=False, open=True)
            if opens
            else Admission(admitted=True, reserved=True)
        )

    def test_old_calls_do_not_count(self, conn: Connection) -> None:
        """F-E5"""
        admit(conn, REQUEST)
        end(conn, *[FAILED] * 9)
        conn.execute("UPDATE model_gates SET window_from = window_from - interval '60 seconds'")
        end(conn, FAILED)
        assert not admit(conn, REQUEST).open
        end(conn, *[FAILED] * 9)
        assert admit(conn, REQUEST).open

    def test_it_stays_open_until_the_time_is_over(self, conn: Connection) -> None:
        """F-E5"""
        self.open(conn)
        conn.execute("UPDATE model_gates SET opened_at = opened_at - interval '29 seconds'")
        assert admit(conn, REQUEST).open
        conn.execute("UPDATE model_gates SET opened_at = opened_at - interval '1 second'")
        assert admit(conn, REQUEST) == Admission(admitted=True, reserved=True, probing=True)

    def half_open(self, conn: Connection) -> Effect:
        self.open(conn)
        conn.execute("UPDATE model_gates SET opened_at = opened_at - interval '30 seconds'")
        assert admit(conn, REQUEST).probing
        return replace(FINE, probing=True)

    def test_only_one_probe_at_a_time(self, conn: Connection) -> None:
        """F-E5"""
        self.half_open(conn)
        assert admit(conn, REQUEST).open
        conn.execute("UPDATE model_gates SET probe_until = now() + interval '1 second'")
        assert admit(conn, REQUEST).open
        conn.execute("UPDATE model_gates SET probe_until = now()")
        assert admit(conn, REQUEST).admitted  # the prober vanished

    def test_a_probe_that_vanished_holds_its_lease_no_longer(
        self, conn: Connection, clock: StoppedClock
    ) -> None:
        """F-E5"""
        self.half_open(conn)
        assert clock.seconds_until("probe_until", "model_gates") == 35

    def test_a_good_probe_closes_it(self, conn: Connection) -> None:
        """F-E5"""
        end(conn, self.half_open(conn))
        assert admit(conn, REQUEST) == Admission(admitted=True, reserved=True)
        end(conn, *[FAILED] * 9)
        assert not admit(conn, REQUEST).open  # what failed before is forgotten

    def test_a_bad_probe_begins_the_wait_anew(self, conn: Connection) -> None:
        """F-E5"""
        end(conn, replace(self.half_open(conn), failed=True))
        for seconds, admitted in ((0, False), (29, False), (1, True)):
            conn.execute(
                "UPDATE model_gates SET opened_at = opened_at - make_interval(secs => %(s)s)",
                {"s": seconds},
            )
            assert admit(conn, REQUEST).probing is admitted

    @pytest.mark.parametrize("late", [FINE, FAILED])
    def test_calls_that_began_before_change_nothing(self, conn: Connection, late: Effect) -> None:
        self.half_open(conn)
        before = gate(conn)
        end(conn, late)
        after = gate(conn)
        for column in ("opened_at", "probe_until"):
            assert after[column] == before[column]

    def test_each_model_has_its_own(self, conn: Connection) -> None:
        self.open(conn)
        assert admit(conn, replace(REQUEST, model="other")).admitted
        assert admit(conn, replace(REQUEST, provider="ollama")).admitted

    def test_sixteen_functions_get_one_probe(self, database: str, conn: Connection) -> None:
        """F-E5"""
        self.open(conn)
        for _ in range(5):
            conn.execute(
                "UPDATE model_gates SET opened_at = now() - interval '1 minute', probe_until = NULL"
            )
            found = together(database, lambda own: admit(own, REQUEST))
            assert sorted(one.admitted for one in found) == [False] * 15 + [True]

    def test_sixteen_functions_count_every_call(self, database: str, conn: Connection) -> None:
        """F-E5"""
        admit(conn, REQUEST)
        patient = replace(FAILED, breaker_calls=1000)
        together(database, lambda own: end(own, patient), times=20)
        assert (gate(conn)["calls"], gate(conn)["failures"]) == (320, 320)
        calls = conn.execute("SELECT count(*) AS n FROM model_calls").fetchone()
        assert calls == {"n": 320}

    def test_a_hot_gate_reserves_every_call(self, database: str, conn: Connection) -> None:
        """F-E5"""
        found = together(database, lambda own: admit(own, REQUEST), times=20)
        assert all(one.reserved for one in found)


class TestRate:
    def paced(self, limit: int, wait: float = 0.0) -> CallRequest:
        return replace(REQUEST, requests=pace.of_requests(limit), max_wait_seconds=wait)

    @pytest.mark.parametrize(("limit", "at_once"), [(1, 1), (10, 1), (60, 6), (70, 7)])
    def test_a_tenth_of_the_minute_may_come_at_once(
        self, conn: Connection, limit: int, at_once: int
    ) -> None:
        """F-E6"""
        found = [admit(conn, self.paced(limit)) for _ in range(at_once + 1)]
        assert [one.admitted for one in found] == [True] * at_once + [False]
        assert found[-1].delay == pytest.approx(60 / (limit - at_once + 1))

    @pytest.mark.parametrize("limit", [1, 2, 7, 60])
    def test_no_minute_sees_more_than_the_limit(self, conn: Connection, limit: int) -> None:
        """F-E6: calls that come as early as they may; each starts when its wait is over."""
        request = self.paced(limit, wait=1e6)
        starts = [admit(conn, request).delay for _ in range(2 * limit + 2)]
        for first, next_minute in zip(starts, starts[limit:], strict=False):
            assert next_minute - first == pytest.approx(60) or next_minute - first > 60

    def test_a_turn_that_comes_soon_is_waited_for(self, conn: Connection) -> None:
        """F-E6"""
        request = self.paced(30, wait=5.0)
        delays = [admit(conn, request).delay for _ in range(4)]
        assert delays == [0, 0, 0, pytest.approx(60 / 28)]

    def test_who_does_not_wait_takes_no_turn(self, conn: Connection, clock: StoppedClock) -> None:
        request = self.paced(60)
        for _ in range(20):
            admit(conn, request)
        clock.advance(60 / 55 + 0.001)
        assert admit(conn, request).admitted

    def test_sixteen_functions_share_one_pace(
        self, database: str, conn: Connection, clock: StoppedClock
    ) -> None:
        """F-E6"""
        request = self.paced(70)  # seven at once, then one in 0.9375 s
        admit(conn, REQUEST)
        found = together(database, lambda own: admit(own, request), times=4)
        assert sum(one.admitted for one in found) == sum(one.reserved for one in found) == 7
        clock.advance(3 * request.requests.seconds + 0.001)
        found = together(database, lambda own: admit(own, request), times=4)
        assert sum(one.admitted for one in found) == 3

    def test_those_who_waited_for_the_server_keep_the_pace(self, conn: Connection) -> None:
        """F-E6"""
        admit(conn, REQUEST)
        end(conn, replace(FAILED, retry_seconds=10))
        request = self.paced(60, wait=1e6)  # six at once
        starts = [admit(conn, request).delay for _ in range(20)]
        assert starts[:7] == [*[10] * 6, pytest.approx(10 + 60 / 55)]

    def test_a_removed_limit_blocks_nothing(self, conn: Connection) -> None:
        for _ in range(3):
            admit(conn, self.paced(1))
        assert admit(conn, REQUEST).admitted

    def test_a_server_that_asks_for_time_gets_it(
        self, conn: Connection, clock: StoppedClock
    ) -> None:
        """F-E6"""
        admit(conn, REQUEST)
        end(conn, replace(FAILED, retry_seconds=20))
        assert admit(conn, REQUEST).delay == 20
        assert not admit(conn, REQUEST).admitted
        end(conn, replace(FAILED, retry_seconds=1))
        assert admit(conn, REQUEST).delay == 20  # the longer wait holds
        clock.advance(20)
        assert admit(conn, REQUEST).admitted


class TestTokens:
    def sized(self, tokens: int, limit: int = 6000) -> CallRequest:
        return replace(REQUEST, tokens=pace.of_tokens(limit, tokens))

    def test_tokens_have_a_pace_of_their_own(self, conn: Connection) -> None:
        """F-E6"""
        found = [admit(conn, self.sized(200)).admitted for _ in range(4)]
        assert found == [True, True, True, False]

    def test_what_was_not_used_is_given_back(self, conn: Connection) -> None:
        """F-E6"""
        request = self.sized(600)
        assert admit(conn, request).admitted
        assert not admit(conn, request).admitted
        end(conn, replace(FINE, token_seconds=-request.tokens.seconds))
        assert admit(conn, request).admitted

    def test_a_repair_takes_a_turn_too(self, conn: Connection) -> None:
        """F-E6"""
        request = replace(REQUEST, requests=pace.of_requests(30))
        for _ in range(2):
            admit(conn, request)
        end(conn, replace(FINE, request_seconds=request.requests.seconds))
        assert not admit(conn, request).admitted

    def test_a_call_larger_than_the_limit_waits_for_an_empty_minute(self, conn: Connection) -> None:
        huge = self.sized(10_000)
        assert admit(conn, huge).admitted
        refused = admit(conn, self.sized(1))
        assert not refused.admitted
        # One token's own place in what may come at once is what makes the difference.
        assert refused.delay == pytest.approx(10_000 / 90 - 599 / 90)


class TestBudget:
    def priced(self, cost: float, budget: float = 1.0) -> CallRequest:
        return replace(REQUEST, cost_usd=cost, budget_usd=budget)

    def test_the_day_ends_when_the_money_does(self, conn: Connection) -> None:
        """F-E6"""
        found = [admit(conn, self.priced(0.3)) for _ in range(4)]
        assert [one.spent for one in found] == [False, False, False, True]
        assert admit(conn, self.priced(0.05)).admitted
        conn.execute("UPDATE model_days SET day = day - 1")
        assert admit(conn, self.priced(0.3)).admitted

    @pytest.mark.parametrize("zone", ["Etc/GMT-14", "Etc/GMT+12"])
    def test_its_day_is_utcs_whatever_the_database_thinks(
        self, conn: Connection, zone: str
    ) -> None:
        """F-E6: at any hour one of the two has another date."""
        conn.execute(f"SET timezone = '{zone}'".encode())
        assert admit(conn, self.priced(0.6)).admitted
        assert admit(conn, self.priced(0.6)).spent
        end(conn, replace(FINE, cost_usd=-0.5))
        [row] = conn.execute("SELECT cost_usd, day::text FROM model_days").fetchall()
        assert float(row["cost_usd"]) == pytest.approx(0.1)
        assert row["day"] == str(datetime.now(UTC).date())

    def test_all_models_share_it(self, conn: Connection) -> None:
        assert admit(conn, self.priced(0.6)).admitted
        assert admit(conn, replace(self.priced(0.6), model="other")).spent

    def test_one_call_that_is_too_dear_is_not_made(self, conn: Connection) -> None:
        assert admit(conn, self.priced(1.1)).spent

    def test_the_reservation_becomes_what_it_was(self, conn: Connection) -> None:
        """F-E6"""
        admit(conn, self.priced(0.9))
        end(conn, replace(FINE, cost_usd=-0.8))
        row = conn.execute("SELECT cost_usd FROM model_days").fetchone()
        assert float(row["cost_usd"]) == pytest.approx(0.1)

    def test_what_is_given_back_after_midnight_is_the_old_days(self, conn: Connection) -> None:
        """F-E6: the new day's money is not spent twice."""
        today = admit(conn, self.priced(0.9)).day
        assert today is not None
        conn.execute("UPDATE model_days SET day = day - 1")
        admit(conn, self.priced(0.6))
        end(conn, replace(FINE, cost_usd=-0.8, day=today - timedelta(days=1)))
        rows = conn.execute("SELECT cost_usd FROM model_days ORDER BY day").fetchall()
        assert [float(row["cost_usd"]) for row in rows] == pytest.approx([0.1, 0.6])

    def test_spending_is_known_before_there_is_a_budget(self, conn: Connection) -> None:
        admit(conn, REQUEST)
        end(conn, replace(FINE, cost_usd=0.9))
        assert admit(conn, self.priced(0.2)).spent

    def test_sixteen_functions_never_overspend(self, database: str, conn: Connection) -> None:
        """F-E6: each has a model of its own, whose gate makes nobody else wait."""

        def one(own: Connection) -> bool:
            model = f"m{own.info.backend_pid}"
            return admit(own, replace(self.priced(0.4), model=model)).admitted

        for _ in range(10):
            conn.execute("DELETE FROM model_days")
            assert sum(together(database, one)) == 2
            row = conn.execute("SELECT cost_usd FROM model_days").fetchone()
            assert float(row["cost_usd"]) == pytest.approx(0.8)


class TestCache:
    keyed = replace(REQUEST, key=KEY)

    def known(self, conn: Connection) -> Admission:
        return admit(conn, self.keyed)

    def test_an_answer_is_known_until_its_time_is_over(self, conn: Connection) -> None:
        """F-E7"""
        assert self.known(conn).admitted
        end(conn, FINE, entry=CacheEntry(KEY, "blue", 1))
        assert self.known(conn) == Admission(admitted=False, answer="blue")
        conn.execute("UPDATE model_cache SET expires_at = now()")
        assert self.known(conn).admitted

    def test_an_error_is_not(self, conn: Connection) -> None:
        """F-E7"""
        self.known(conn)
        end(conn, FAILED, entry=CacheEntry(KEY, None, 1))
        assert self.known(conn).admitted
        assert arrange.count(conn, "model_cache") == 1  # the next one's lease

    def test_an_answer_takes_no_turn_no_money_and_no_closed_breaker(self, conn: Connection) -> None:
        """F-E7"""
        request = replace(self.keyed, requests=pace.of_requests(1), cost_usd=1.0, budget_usd=1.0)
        assert admit(conn, request).admitted
        end(conn, *[FAILED] * 9)
        end(conn, FAILED, entry=CacheEntry(KEY, "blue", 1))
        before = gate(conn)
        assert admit(conn, request).answer == "blue"
        assert gate(conn) == before
        refused = admit(conn, replace(request, key=b"x" * 32))
        assert refused.open
        assert refused.spent
        assert refused.delay > 50

    def test_sixteen_functions_ask_once(self, database: str, conn: Connection) -> None:
        """F-E7"""
        admit(conn, REQUEST)
        found = together(database, self.known)
        assert sum(one.admitted for one in found) == 1
        assert sum(one.asked_elsewhere for one in found) == 15
        end(conn, FINE, entry=CacheEntry(KEY, "blue", 1))
        assert {one.answer for one in together(database, self.known)} == {"blue"}

    def test_of_the_first_calls_ever_one_asks(self, conn: Connection, database: str) -> None:
        """F-E7: no gate is there yet that they could be locked by."""
        for _ in range(20):
            conn.execute("DELETE FROM model_gates")
            conn.execute("DELETE FROM model_cache")
            assert sum(one.admitted for one in together(database, self.known)) == 1

    def test_who_waited_long_enough_asks_alone(self, conn: Connection) -> None:
        """F-E7"""
        self.known(conn)
        assert self.known(conn).asked_elsewhere
        assert admit(conn, self.keyed, alone=True).admitted

    def test_a_vanished_caller_is_not_waited_for(self, conn: Connection) -> None:
        self.known(conn)
        conn.execute("UPDATE model_cache SET expires_at = now()")
        assert self.known(conn).admitted

    def test_who_vanished_holds_the_question_no_longer_than_its_lease(
        self, conn: Connection, clock: StoppedClock
    ) -> None:
        """F-E7"""
        self.known(conn)
        assert clock.seconds_until("expires_at", "model_cache") == 35

    def test_a_refused_call_leaves_no_lease(self, conn: Connection) -> None:
        request = replace(self.keyed, requests=pace.of_requests(1))
        admit(conn, replace(request, key=None))
        assert not admit(conn, request).admitted
        assert arrange.count(conn, "model_cache") == 0

    def test_a_deleted_ticket_takes_its_answers_and_replies_along(self, conn: Connection) -> None:
        """F-E8: the figures stay, the words go."""
        _, run_id = arrange.accepted(conn)
        admit(conn, self.keyed)
        record(Calls(conn, run_id, "classify"), CALL, FINE, CacheEntry(KEY, "blue", 1))
        assert arrange.count(conn, "model_replies") == 1
        for statement in (
            "DELETE FROM outbox", "DELETE FROM events", "DELETE FROM runs", "DELETE FROM tickets"
        ):  # fmt: skip
            conn.execute(statement.encode())
        for table, rows in (("model_cache", 0), ("model_replies", 0), ("model_calls", 1)):
            assert arrange.count(conn, table) == rows
        # The call of a ticket that was deleted meanwhile.
        record(Calls(conn, run_id, "classify"), CALL, FINE, CacheEntry(KEY, "blue", 1))
        for table, rows in (("model_cache", 0), ("model_replies", 0), ("model_calls", 2)):
            assert arrange.count(conn, table) == rows

    def test_what_is_over_is_reaped(self, conn: Connection) -> None:
        _, run_id = arrange.accepted(conn)
        admit(conn, self.keyed)
        record(Calls(conn, run_id, "classify"), CALL, FINE, CacheEntry(KEY, "blue", 1))
        assert reap(conn) == 0
        conn.execute("UPDATE model_cache SET expires_at = now() - interval '1 second'")
        conn.execute("UPDATE model_replies SET expires_at = now() - interval '1 second'")
        assert reap(conn) == 2
        assert arrange.count(conn, "model_calls") == 1


class TestStuck:
    """Whatever holds the tables, nobody waits for long, and the connection stays usable."""

    @pytest.fixture(autouse=True)
    def _impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(admission, "PATIENCE_MS", IMPATIENT_MS)

    @contextmanager
    def held(self, database: str, statement: str) -> Iterator[None]:
        with (
            open_connection(database, wait_seconds=None) as other,
            other.transaction(force_rollback=True),
        ):
            other.execute(statement.encode())
            yield

    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT FROM model_gates FOR UPDATE",
            "LOCK TABLE model_gates",
            "LOCK TABLE model_cache",
            "LOCK TABLE model_days",
            "ALTER TABLE model_gates RENAME TO gone",
        ],
    )
    def test_the_question_ends_while_they_are_held(
        self, database: str, conn: Connection, statement: str
    ) -> None:
        """F-E5"""
        request = replace(REQUEST, key=KEY, cost_usd=0.1, budget_usd=1.0)
        admit(conn, replace(request, key=None))
        with open_connection(database) as own:
            with self.held(database, statement), pytest.raises(psycopg.errors.QueryCanceled):
                admit(own, request)
            assert not own.closed
            assert own.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
            assert admit(own, request).admitted
            # The limit held for that transaction only.
            assert own.execute("SHOW statement_timeout").fetchone() != {
                "statement_timeout": f"{IMPATIENT_MS}ms"
            }

    @pytest.mark.parametrize(
        "statement", ["SELECT FROM model_gates FOR UPDATE", "LOCK TABLE model_calls"]
    )
    def test_the_record_ends_while_they_are_held_and_leaves_nothing(
        self, database: str, conn: Connection, statement: str
    ) -> None:
        """F-E8"""
        admit(conn, REQUEST)
        with open_connection(database) as own:
            with self.held(database, statement), pytest.raises(psycopg.errors.QueryCanceled):
                end(own, FAILED)
            assert (gate(conn)["calls"], arrange.count(conn, "model_calls")) == (0, 0)
            end(own, FAILED)
        assert (gate(conn)["calls"], arrange.count(conn, "model_calls")) == (1, 1)


def test_one_round_trip_before_and_one_after(
    database: str, conn: Connection, tmp_path: Path
) -> None:
    """F-E5 F-E6 F-E7"""
    request = replace(
        REQUEST, key=KEY, requests=pace.of_requests(600), cost_usd=0.1, budget_usd=9.0
    )
    admit(conn, replace(request, key=None))
    with open_connection(database) as own, (tmp_path / "wire").open("w+") as wire:
        own.pgconn.trace(wire.fileno())
        admit(own, request)
        end(own, replace(FINE, cost_usd=0.1), entry=CacheEntry(KEY, "blue", 1))
        own.pgconn.untrace()
        wire.seek(0)
        sent = [line.split("\t")[1:4] for line in wire.read().splitlines()]
    # What the server has to answer before the client goes on: each pipeline's end. A Flush after it
    # asks for nothing new; psycopg leaves it out when the answers are there already.
    names = [name for way, _, name in filter(None, sent) if way == "F"]
    waits = [
        name
        for before, name in pairwise(["", *names])
        if name in _WAITS and (before, name) != ("Sync", "Flush")
    ]
    assert waits == ["Sync"] * 2


_WAITS = ("Sync", "Flush", "Query")
