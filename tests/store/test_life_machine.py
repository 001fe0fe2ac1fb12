"""A ticket's life against a small model: steps, failures, overtaken attempts, replays, deletion.

Every invariant that always holds is asked after every move.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, override
from uuid import UUID

import psycopg
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from psycopg.rows import dict_row

from deskhand.errors import AttemptOvertaken, TicketEdited
from deskhand.store import edits, metrics, outbox, runs, steps
from deskhand.store.connection import BoundedConnection, Connection
from deskhand.store.outbox import Message
from deskhand.store.runs import Stalled
from deskhand.store.steps import Opened
from tests import arrange, journeys
from tests.machines import assert_sound, bounded, empty

PLACES = 3
OPEN = ("PENDING", "IN_PROGRESS")
# What a caller of the store must expect while others work on the same ticket.
EXPECTED = (AttemptOvertaken, TicketEdited, psycopg.errors.LockNotAvailable)


@dataclass
class Run:
    """What the model knows of a run."""

    ticket_id: UUID
    id: int
    attempt: int = 1
    status: str = "PENDING"
    dispatched: int = 0
    done: set[str] = field(default_factory=set)

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.status in OPEN

    @property
    def next_step(self) -> str:
        """The step that the state machine would ask for, the last one again when all are done."""
        return next((name for name in journeys.PATH if name not in self.done), journeys.PATH[-1])


@dataclass
class Slow:
    """A step under way: opened, and not closed yet."""

    run: Run
    attempt: int
    name: str
    opened: Opened
    text: int


numbers = st.integers(0, 7)
# The attempt that a caller believes in: the run's, or one that was overtaken.
lateness = st.sampled_from((0, 0, 0, 1))


def edit(conn: Connection, ticket_id: UUID) -> None:
    """A person corrects the subject."""
    with conn.transaction():
        row = edits.lock_ticket(conn, ticket_id, None)
        if row is None:
            return
        version = row["version"] + 1
        subject = f"{version} times corrected"
        after = {"subject": subject, "text_version": row["text_version"] + 1, "version": version}
        edits.store_columns(conn, ticket_id, after)
        edits.add_event(conn, ticket_id, "ticket.updated", "user:ann", {"changes": {}})


# What may happen to a ticket at any moment: connection, message, the step that is next.
MOVES: dict[str, Callable[[Connection, Message, str], object]] = {
    "step": lambda conn, m, step: journeys.step(conn, m.run_id, m.attempt, step),
    "fail": lambda conn, m, _: journeys.fail(conn, m.run_id, m.attempt),
    "overtake": lambda conn, m, _: journeys.overtake(conn, m, "IN_PROGRESS"),
    "replay": lambda conn, m, _: journeys.replay(conn, m.run_id),
    "reprocess": lambda conn, m, _: journeys.reprocess(conn, m.ticket_id),
    "edit": lambda conn, m, _: edit(conn, m.ticket_id),
    "delete": lambda conn, m, _: journeys.delete(conn, m.ticket_id),
    "dispatch": lambda conn, m, _: runs.take_place(conn, m, PLACES),
    "fold": lambda conn, m, _: metrics.fold(conn),
}


moves = st.sampled_from(sorted(MOVES))


# Seconds between a statement and the next one, in which the other move may come.
delays = st.sampled_from((0.0, 0.001, 0.003))


class Dawdling(BoundedConnection):
    """A connection that takes its time before each statement."""

    delay = 0.0

    @override
    def execute(self, *statement: Any, **options: Any) -> Any:
        time.sleep(self.delay)
        return super().execute(*statement, **options)


class Life(RuleBasedStateMachine):
    """The model is a list of runs, the latest of a ticket last; `texts` counts edits.

    What a rule draws never depends on the state: moves made at once end in either order.
    """

    conn: Connection
    others: tuple[Dawdling, Dawdling]
    pool: ThreadPoolExecutor

    def __init__(self) -> None:
        super().__init__()
        empty(self.conn)
        self.runs: list[Run] = []
        self.texts: dict[UUID, int] = {}
        self.slow: list[Slow] = []

    # --- A ticket arrives, a message is delivered ----------------------------------------------
    @initialize()
    def accept_first(self) -> None:
        """There is something to begin with."""
        self.accept()

    @rule()
    def accept(self) -> None:
        """A ticket, its run and its message; not many, so that they get about."""
        if len(self.texts) >= 2:
            return
        ticket_id, run_id = arrange.accepted(self.conn)
        self.texts[ticket_id] = 1
        self.runs.append(Run(ticket_id, run_id))

    @rule(number=numbers, late=lateness)
    def dispatch(self, number: int, late: int) -> None:
        """A message takes a place, once for each attempt, if there is one."""
        run = self.run(number)
        attempt = run.attempt - late
        taken = sum(each.open and each.dispatched == each.attempt for each in self.runs)
        place = runs.take_place(self.conn, Message(run.ticket_id, run.id, attempt), PLACES)
        if attempt != run.attempt or not run.open:
            assert place == "gone"
        elif run.dispatched == attempt or taken < PLACES:
            assert place == "taken"
            run.dispatched = attempt
        else:
            assert place == "full"

    # --- Steps -----------------------------------------------------------------------------------
    @rule(number=numbers, late=lateness, again=st.booleans())
    def step(self, number: int, late: int, again: bool) -> None:
        """A step is done once, however often it is asked for, and by the run's attempt only."""
        run = self.run(number, *OPEN)
        attempt = run.attempt - late
        name = sorted(run.done)[0] if again and run.done else run.next_step
        if attempt != run.attempt or (not run.open and name not in run.done):
            with pytest.raises(AttemptOvertaken):
                journeys.step(self.conn, run.id, attempt, name)
            return
        assert journeys.step(self.conn, run.id, attempt, name) is (name not in run.done)
        self.moved(run, name)

    @rule(number=numbers)
    def begin_slowly(self, number: int) -> None:
        """A step is opened, and its function takes its time."""
        run = self.run(number, *OPEN)
        if not run.open or len(self.slow) >= 3:
            return
        name, text = run.next_step, self.texts[run.ticket_id]
        opened = steps.open_step(self.conn, run.id, run.attempt, name, 0)
        assert opened.verdict is None
        self.slow.append(Slow(run, run.attempt, name, opened, text))
        run.status = "IN_PROGRESS"

    @rule(number=numbers)
    def go_on(self, number: int) -> None:
        """Nothing goes wrong with the next step."""
        run = self.run(number, *OPEN)
        if not run.open:
            return
        name = run.next_step
        assert journeys.step(self.conn, run.id, run.attempt, name)
        self.moved(run, name)

    @rule(number=numbers)
    def end_slowly(self, number: int) -> None:
        """It comes back, when its attempt may be overtaken and the ticket edited or gone."""
        if not self.slow:
            self.begin_slowly(number)
            return
        slow = self.slow.pop(number % len(self.slow))
        run, name = slow.run, slow.name
        overtaken = run not in self.runs or run.attempt != slow.attempt
        edited = (
            name in ("classify", "create_ticket") and self.texts.get(run.ticket_id) != slow.text
        )
        if overtaken or (name not in run.done and run.status != "IN_PROGRESS"):
            error: type[Exception] | None = AttemptOvertaken
        else:
            error = TicketEdited if edited and name not in run.done else None
        if error is not None:
            with pytest.raises(error):
                self.close(slow)
            return
        assert self.close(slow)
        if name not in run.done:
            self.moved(run, name)

    @rule(number=numbers, late=lateness)
    def note_failure(self, number: int, late: int) -> None:
        """A try of a step fails; the state machine will try again."""
        run = self.run(number)
        steps.note_failure(
            self.conn, run.id, run.attempt - late, run.next_step, "ModelUnavailable", 0.1
        )

    # --- The end, and what comes after -----------------------------------------------------------
    @rule(number=numbers, late=lateness)
    def fail(self, number: int, late: int) -> None:
        """A run fails once, by its own attempt."""
        run = self.run(number, *OPEN)
        attempt = run.attempt - late
        failed = journeys.fail(self.conn, run.id, attempt)
        assert failed is (run.open and attempt == run.attempt)
        run.status = "FAILED" if failed else run.status

    @rule(number=numbers, late=lateness, stale=st.booleans())
    def overtake(self, number: int, late: int, stale: bool) -> None:
        """Reconcile gives a run its next attempt, unless the run has moved since it looked."""
        run = self.run(number, *OPEN)
        attempt = run.attempt - late
        status = "PENDING" if stale or run.status == "PENDING" else "IN_PROGRESS"
        moved = journeys.overtake(self.conn, Message(run.ticket_id, run.id, attempt), status)
        assert moved is (attempt == run.attempt and status == run.status)
        run.attempt += moved

    @rule(number=numbers)
    def send_again(self, number: int) -> None:
        """Reconcile owes the message of an attempt that never started once more."""
        run = self.run(number)
        stalled = Stalled(run.ticket_id, run.id, run.attempt, "PENDING", started=False)
        assert runs.send_again(self.conn, stalled) is (run.status == "PENDING")

    @rule(number=numbers)
    def replay(self, number: int) -> None:
        """The latest run of a ticket comes back when it has failed."""
        run = self.run(number, "FAILED")
        latest = [each for each in self.runs if each.ticket_id == run.ticket_id][-1]
        replayed = journeys.replay(self.conn, run.id)
        assert replayed is (run.status == "FAILED" and run is latest)
        if replayed:
            run.status, run.attempt = "PENDING", run.attempt + 1

    @rule(number=numbers)
    def reprocess(self, number: int) -> None:
        """A ticket gets a new run when none is open."""
        ticket_id = self.run(number, "COMPLETED", "FAILED").ticket_id
        busy = any(each.open for each in self.runs if each.ticket_id == ticket_id)
        run_id = journeys.reprocess(self.conn, ticket_id)
        assert (run_id is None) is busy
        if run_id is not None:
            self.runs.append(Run(ticket_id, run_id))

    # --- People, queue, metrics -----------------------------------------------------------------
    @rule(number=numbers)
    def edit(self, number: int) -> None:
        """A person corrects the subject, best while a step is at work on it."""
        busy = [slow.run for slow in self.slow if slow.run in self.runs] or self.runs
        ticket_id = busy[number % len(busy)].ticket_id
        edit(self.conn, ticket_id)
        self.texts[ticket_id] += 1

    @rule(number=numbers, seldom=st.integers(0, 3))
    def delete(self, number: int, seldom: int) -> None:
        """A ticket goes with all that belongs to it."""
        if seldom != 3:
            return
        ticket_id = self.run(number).ticket_id
        assert journeys.delete(self.conn, ticket_id)
        del self.texts[ticket_id]
        self.runs = [each for each in self.runs if each.ticket_id != ticket_id]
        if not self.runs:
            self.accept()

    @rule()
    def relay(self) -> None:
        """What is owed is sent."""
        outbox.make_due(self.conn)
        outbox.mark_sent(self.conn, outbox.claim_due(self.conn, 10))

    @rule()
    def fold(self) -> None:
        """The metrics catch up."""
        metrics.fold(self.conn)

    # --- Two at once ----------------------------------------------------------------------------
    @rule(number=numbers, first=moves, second=moves, delays=st.tuples(delays, delays))
    def at_once(self, number: int, first: str, second: str, delays: tuple[float, float]) -> None:
        """Two moves of one ticket at the same moment: one order or the other, and no deadlock."""
        run = self.run(number, *OPEN)
        message = Message(run.ticket_id, run.id, run.attempt)

        def move(conn: Connection, name: str) -> None:
            with suppress(*EXPECTED):
                MOVES[name](conn, message, run.next_step)

        one, two = self.others
        one.delay, two.delay = delays
        both = self.pool.submit(move, one, first), self.pool.submit(move, two, second)
        for done in both:
            done.result()
        self.read()
        if not self.runs:
            self.accept()

    # --- The model ------------------------------------------------------------------------------
    @invariant()
    def sound(self) -> None:
        """Nothing that was promised is broken, and the runs are where the model has them."""
        assert_sound(self.conn)
        assert rows(self.conn) == {run.id: (run.status, run.attempt, run.done) for run in self.runs}

    def teardown(self) -> None:
        """Left alone, every run ends and every message is sent."""
        for run in self.runs:
            if run.open:
                journeys.finish(self.conn, run.id, run.attempt)
        journeys.mark_all_sent(self.conn)
        metrics.fold(self.conn)
        assert_sound(self.conn, at_rest=True)

    def run(self, number: int, *wanted: str) -> Run:
        """One of the runs in a wanted status, or of all where none is."""
        candidates = [run for run in self.runs if run.status in wanted] or self.runs
        return candidates[number % len(candidates)]

    def moved(self, run: Run, name: str) -> None:
        """The run after a step of its present attempt."""
        if run.open:
            done_now = name not in run.done
            run.done.add(name)
            completed = done_now and name == journeys.PATH[-1]
            run.status = "COMPLETED" if completed else "IN_PROGRESS"

    def close(self, slow: Slow) -> dict[str, Any]:
        """The verdict in force after a slow step."""
        found = journeys.outcome(slow.name, slow.opened.ticket)
        return steps.close_step(
            self.conn, slow.run.id, slow.attempt, slow.name, 0, found, seconds=9.9
        )

    def read(self) -> None:
        """The model as the tables are, after moves whose order nobody knows."""
        known = {run.id: run for run in self.runs}
        found = self.conn.execute(
            "SELECT id, ticket_id, attempt, status, dispatched FROM runs ORDER BY id"
        ).fetchall()
        done = rows(self.conn)
        self.runs = []
        for row in found:
            run = known.get(row["id"]) or Run(row["ticket_id"], row["id"])
            run.attempt, run.status, run.dispatched = (
                row["attempt"], row["status"], row["dispatched"]
            )  # fmt: skip
            run.done = done[run.id][2]
            self.runs.append(run)
        texts = self.conn.execute("SELECT id, text_version FROM tickets").fetchall()
        self.texts = {row["id"]: row["text_version"] for row in texts}


def rows(conn: Connection) -> dict[int, tuple[str, int, set[str]]]:
    """Status, attempt and finished steps of every run."""
    found = conn.execute(
        "SELECT id, status, attempt, ARRAY(SELECT step FROM step_outcomes WHERE run_id = runs.id)"
        " AS done FROM runs"
    ).fetchall()
    return {row["id"]: (row["status"], row["attempt"], set(row["done"])) for row in found}


@pytest.mark.timeout(3600)
def test_life(database: str, conn: Connection) -> None:
    """F-B7 F-C1 F-C2 F-C4 F-C6 F-C7 F-D11"""
    with (
        Dawdling.connect(database, autocommit=True, row_factory=dict_row) as one,
        Dawdling.connect(database, autocommit=True, row_factory=dict_row) as two,
        ThreadPoolExecutor(2) as pool,
    ):
        Life.conn, Life.others, Life.pool = conn, (one, two), pool
        run_state_machine_as_test(Life, settings=bounded())
