"""Sums by day equal a recount of the events, whatever happened and however often it was folded."""

import itertools
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from deskhand.store import facts, figures, metrics, ticket_lists
from deskhand.store.analytics import FLOWS, GONE, buckets, state, stocks, sums
from deskhand.store.connection import Connection
from deskhand.store.daily_figures import DURATIONS, AnalysisWindow
from deskhand.store.invariants.analytics import ANALYTICS
from deskhand.store.invariants.check import offenders
from deskhand.store.ticket_filter import Filter
from deskhand.tickets.edit import MOVES
from tests import arrange, journeys
from tests.machines import bounded, empty

ZONE = "Europe/Berlin"
# Four days around the night in which clocks go back, cut at their midnights.
FIRST = datetime(2024, 10, 25, 22, tzinfo=UTC)
DAYS = [date(2024, 10, 26) + timedelta(days=n) for n in range(6)]
OPEN = ("new", "open", "pending", "hold")

moments = st.integers(0, 4 * 96).map(lambda quarter: FIRST + timedelta(minutes=15 * quarter))
deeds = st.sampled_from(("create", "move", "move", "move", "reopen", "delete", "fold", "import"))
histories = st.lists(st.tuples(deeds, st.integers(0, 50), moments), min_size=5, max_size=25)


class Desk:
    """The tickets of a history, and the flows that a person would have noted down."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.tickets: dict[UUID, tuple[str, datetime]] = {}
        self.noted: list[tuple[str, date]] = []

    def note(self, flow: str, at: datetime) -> None:
        """One ticket more or less is open."""
        self.noted.append((flow, at.astimezone(ZoneInfo(ZONE)).date()))

    def create(self, at: datetime) -> None:
        """A ticket arrives."""
        ticket_id, _ = arrange.accepted(self.conn)
        self.conn.execute("UPDATE tickets SET created_at = %s WHERE id = %s", [at, ticket_id])
        self.tickets[ticket_id] = ("new", at)
        self.note("created", at)

    def move(self, ticket_id: UUID, new: str, at: datetime) -> None:
        """Its status changes, not before the last change."""
        old, last = self.tickets[ticket_id]
        at = max(at, last)
        self.conn.execute(
            "INSERT INTO events (ticket_id, kind, actor, data, at)"
            " VALUES (%s, 'ticket.status', 'ann', %s, %s)",
            [ticket_id, Jsonb({"old": old, "new": new}), at],
        )
        self.conn.execute(
            "UPDATE tickets SET status = %s, title = 't' WHERE id = %s", [new, ticket_id]
        )
        self.tickets[ticket_id] = (new, at)
        if (old in OPEN) != (new in OPEN):
            self.note(new if new not in OPEN else "reopened", at)

    def delete(self, ticket_id: UUID) -> None:
        """It is gone, its flows are not."""
        status, _ = self.tickets.pop(ticket_id)
        assert journeys.delete(self.conn, ticket_id)
        if status in OPEN:
            self.note("deleted", datetime.now(UTC))

    def do(self, deed: str, number: int, at: datetime) -> None:
        """One step of a history; without tickets only arrivals and folds are possible."""
        ids = sorted(self.tickets)
        if deed == "create" or (deed in ("move", "reopen", "delete") and not ids):
            self.create(at)
        elif deed == "fold":
            metrics.fold(self.conn)
        elif deed == "import":
            self.conn.execute(
                "INSERT INTO examples (source, external_id, subject, body, category, request_type)"
                " VALUES ('import', %s, 's', 'b', 'c', 'r') ON CONFLICT DO NOTHING",
                [str(number)],
            )
        elif deed == "delete":
            self.delete(ids[number % len(ids)])
        else:
            ticket_id = ids[number % len(ids)]
            status, _ = self.tickets[ticket_id]
            ways = ("open",) if deed == "reopen" else (*MOVES[status], "closed")
            new = ways[number % len(ways)]
            # An undone link opens even a closed ticket.
            if new != status and (new not in OPEN[:1]):
                self.move(ticket_id, new, at)


def test_sums_equal_a_recount_on_random_histories(conn: Connection) -> None:
    """F-L1: reopened, deleted, undone, imported, around the end of summer time."""
    facts.set_time_zone(conn, ZONE)

    @bounded()
    @given(histories)
    def recounted(history: list[tuple[str, int, datetime]]) -> None:
        empty(conn)
        desk = Desk(conn)
        for deed in history:
            desk.do(*deed)
        metrics.fold(conn)
        _assert_recounted(conn, desk)

    recounted()


def _assert_recounted(conn: Connection, desk: Desk) -> None:
    kept = _figures(conn, "SELECT figure, day, part, bucket, n FROM daily_figures WHERE n <> 0")
    assert kept == _figures(
        conn,
        """
        SELECT g.figure, g.day, g.part, g.bucket, count(*) AS n FROM (
            SELECT f FROM facts_of(ARRAY(SELECT id FROM tickets)) f
            UNION ALL SELECT f FROM ticket_facts f WHERE deleted_at IS NOT NULL
        ) AS raw, analytics_state, sums_of(raw.f, time_zone) AS g
        GROUP BY g.figure, g.day, g.part, g.bucket
        """,
    )
    for day in DAYS:
        _assert_balanced(conn, desk, day)


def _assert_balanced(conn: Connection, desk: Desk, day: date) -> None:
    """The flows and the number of open tickets are those that were noted down."""
    end = day + timedelta(days=1)
    moments = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC))
    asked = AnalysisWindow(
        ZONE, datetime.now(UTC), True, day - timedelta(days=1), day, end, moments
    )
    names = [*FLOWS, *(GONE + name for name in FLOWS)]
    found = dict.fromkeys(FLOWS, 0)
    for row in sums(conn, asked, names, end):
        found[row["figure"].removeprefix(GONE)] += row["now"]
    assert found == {name: desk.noted.count((name, day)) for name in FLOWS}
    opened = sum(row["now"] for row in stocks(conn, asked))
    assert opened == sum(FLOWS[name] for name, when in desk.noted if when < end)


def _figures(conn: Connection, query: str) -> set[tuple[Any, ...]]:
    return {tuple(row.values()) for row in conn.execute(query.encode())}


def test_nothing_but_flows_is_left_of_a_deleted_ticket(conn: Connection) -> None:
    ticket_id, run_id = arrange.accepted(conn)
    journeys.finish(conn, run_id)
    metrics.fold(conn)
    journeys.delete(conn, ticket_id)
    [left] = conn.execute("SELECT * FROM ticket_facts").fetchall()
    assert left["ticket_id"] != ticket_id and left["deleted_at"]
    kept = {name for name, value in left.items() if value not in (None, False, [], "")}
    assert kept == {"ticket_id", "created_at", "deleted_at", "kind", "priority", "status"}
    asked = {row["figure"] for row in conn.execute("SELECT figure FROM daily_figures WHERE n <> 0")}
    assert asked == {"gone_created", "deleted"}


class Facts:
    """Random facts of a ticket, within what the columns can say together."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self.created = self._after(FIRST - timedelta(days=1), 2)
        self._moves()

    def _after(self, at: datetime, days: float) -> datetime:
        return at + timedelta(minutes=15 * self._chance.randrange(int(96 * days)))

    def _maybe(self) -> datetime | None:
        return self._after(self.created, 3) if self._chance.random() < 0.6 else None

    def _moves(self) -> None:
        self.ended: dict[str, list[datetime]] = {"solved": [], "closed": [], "reopened": []}
        at, done = self.created, None
        for _ in range(self._chance.randrange(6)):
            at = self._after(at, 0.7)
            move = "reopened" if done else self._chance.choice(("solved", "closed"))
            self.ended[move].append(at)
            done = None if done else at
        self.done = done

    def columns(self) -> dict[str, Any]:
        """A value for each column."""
        chance = self._chance
        moments = ("linked_at", "triaged_at", "review_asked_at", "review_decided_at",
                   "reassigned_at", "responded_at", "due_at", "response_due_at", "warned_at",
                   "breached_at")  # fmt: skip
        flags = ("duplicate", "unlinked", "run_failed", "unattended", "resolution_promised",
                 "response_promised")  # fmt: skip
        return {
            "created_at": self.created,
            "status": "solved" if self.done else "open",
            "done_at": self.done,
            **{f"{name}_at": at for name, at in self.ended.items()},
            "solved_by": ["ann"] * len(self.ended["solved"]),
            **{name: self._maybe() for name in moments},
            **{name: chance.random() < 0.5 for name in flags},
        }


# Figures that the sums have under another name, or as a difference; with lists of their own.
_APART = {"open", "solved_again", "triage_running"}


@pytest.mark.parametrize("seed", [1, 2])
def test_lists_are_the_tickets_that_the_sums_count(conn: Connection, seed: int) -> None:
    """F-L1: the rules stand twice, in figures_of for the sums and in BEHIND for the lists."""
    chance = Random(seed)  # noqa: S311 (a history, not a secret)
    for _ in range(40):
        ticket_id, _ = arrange.accepted(conn)
        values = Facts(chance).columns()
        metrics.fold(conn)
        changes = ", ".join(f"{name} = %({name})s" for name in values)
        conn.execute(
            f"UPDATE ticket_facts SET {changes} WHERE ticket_id = %(id)s".encode(),  # noqa: S608 (ours)
            {**values, "id": ticket_id},
        )
    as_of = datetime(2024, 10, 29, 23, tzinfo=UTC)  # a midnight in Berlin
    conn.execute("UPDATE analytics_state SET folded_at = %s", [as_of])
    seen: set[str] = set()
    for start, end in itertools.combinations(DAYS, 2):
        counted = _counted(conn, start, end)
        listed = _listed(conn, start, end)
        assert {name: listed[name] for name in listed.keys() - _APART} == {
            name: counted[name] for name in listed.keys() - _APART
        }
        running = counted["created"] - counted["triage_done"] - counted["triage_failed"]
        assert listed["triage_running"] == running
        seen |= {name for name, ids in listed.items() if ids}
    assert seen == {*figures.BEHIND}


@pytest.mark.parametrize("days", [1, 6, 13, 14, 15, 60])
def test_sums_by_week_are_those_of_their_days(conn: Connection, days: int) -> None:
    """F-L1: windows are read as whole weeks and the days around them."""
    chance = Random(days)  # noqa: S311 (a history, not a secret)
    names = [*DURATIONS, "solved_by", "resolution_met_by_item"]
    for _ in range(400):
        day = date(2024, 10, 27) + timedelta(days=chance.randrange(-70, 70))
        row = {"figure": chance.choice(names), "day": day, "bucket": chance.randrange(-1, 3)}
        for name, start in (("", day), ("week_", day - timedelta(days=day.weekday()))):
            conn.execute(
                "INSERT INTO daily_figures (figure, day, part, bucket, n) VALUES"
                " (%(name)s || %(figure)s, %(start)s, 'p', %(bucket)s, 1) ON CONFLICT"
                " (figure, day, part, bucket) DO UPDATE SET n = daily_figures.n + 1",
                {**row, "name": name, "start": start},
            )
    start = date(2024, 10, 25)
    before, end = start - timedelta(days=days), start + timedelta(days=days)
    now = datetime.now(UTC)
    asked = AnalysisWindow(ZONE, now, True, before, start, end, (now, now))
    by_day = conn.execute(
        "SELECT figure, part, bucket, sum(n) FILTER (WHERE day >= %s)::bigint AS now,"
        " sum(n) FILTER (WHERE day < %s)::bigint AS before FROM daily_figures"
        " WHERE day >= %s AND day < %s AND figure NOT LIKE 'week%%' GROUP BY 1, 2, 3",
        [start, start, before, end],
    ).fetchall()
    found = [{"bucket": -1, **row} for row in sums(conn, asked, names, end)]
    found += buckets(conn, asked, names)
    assert {(r["figure"], r["bucket"]): (r["now"], r["before"]) for r in found} == {
        (r["figure"], r["bucket"]): (r["now"] or 0, r["before"] or 0) for r in by_day
    }


def _counted(conn: Connection, start: date, end: date) -> dict[str, set[UUID]]:
    """The tickets that each figure of the sums counts; what is open and late is missed."""
    found: dict[str, set[UUID]] = defaultdict(set)
    for row in conn.execute(
        "SELECT g.figure, f.ticket_id FROM ticket_facts f, figures_of(f, %(zone)s) AS g"
        " WHERE g.day >= %(start)s AND g.day < %(end)s AND g.bucket = -1",
        {"zone": ZONE, "start": start, "end": end},
    ):
        name = row["figure"].replace("_open", "_missed")
        found[name].add(row["ticket_id"])
    return found


def _listed(conn: Connection, start: date, end: date) -> dict[str, set[UUID]]:
    zone = ZoneInfo(ZONE)
    first, last = (datetime.combine(day, time(), zone) for day in (start, end))
    return {
        name: {
            row["id"]
            for row in ticket_lists.page(
                conn, Filter(figure=name, figure_from=first, figure_to=last), None, 100
            )
        }
        for name in figures.BEHIND
    }


def _rows_in_place(conn: Connection) -> list[Any]:
    queries = (
        b"SELECT ctid FROM ticket_facts ORDER BY ctid",
        b"SELECT ctid FROM daily_figures ORDER BY ctid",
    )
    return [conn.execute(query).fetchall() for query in queries]


def test_a_ticket_with_the_same_facts_is_not_written_again(conn: Connection) -> None:
    """F-L1: most events change no fact."""
    ticket_id, _ = arrange.accepted(conn)
    metrics.fold(conn)
    written = _rows_in_place(conn)
    conn.execute(
        "INSERT INTO events (ticket_id, kind, actor) VALUES (%s, 'notice.sent', 'x')", [ticket_id]
    )
    assert metrics.fold(conn).events == 1
    assert _rows_in_place(conn) == written
    conn.execute("UPDATE tickets SET priority = 'high' WHERE id = %s", [ticket_id])
    conn.execute(
        "INSERT INTO events (ticket_id, kind, actor) VALUES (%s, 'notice.sent', 'x')", [ticket_id]
    )
    metrics.fold(conn)
    assert _rows_in_place(conn) != written


def test_another_clock_moves_the_sums_in_batches(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-L1: the sums are whole all the while, also when tickets change or go; then the next
    clock may come."""
    monkeypatch.setattr(facts, "BATCH", 2)
    desk = Desk(conn)
    late = datetime(2024, 10, 26, 22, 30, tzinfo=UTC)  # the next day in Berlin
    for _ in range(6):
        desk.create(late)
    desk.delete(max(desk.tickets))
    metrics.fold(conn)
    facts.set_time_zone(conn, ZONE)
    facts.fill(conn, 0)
    assert not state(conn)["complete"]
    facts.set_time_zone(conn, "Asia/Tokyo")
    assert state(conn)["time_zone"] == ZONE
    for ticket_id in (min(desk.tickets), max(desk.tickets)):
        desk.move(ticket_id, "closed", late)
    desk.delete(min(desk.tickets))
    metrics.fold(conn)
    _assert_whole(conn)
    days = b"SELECT DISTINCT day FROM daily_figures WHERE figure = 'closed' AND n > 0"
    assert {row["day"].day for row in conn.execute(days)} == {27}
    facts.fill(conn, 60)
    assert state(conn)["complete"]
    _assert_whole(conn)
    created = b"SELECT DISTINCT day FROM daily_figures WHERE figure ~ 'created$' AND n > 0"
    assert {row["day"].day for row in conn.execute(created)} == {27}
    facts.set_time_zone(conn, "Asia/Tokyo")
    assert state(conn)["time_zone"] == "Asia/Tokyo"


def _assert_whole(conn: Connection) -> None:
    assert [offenders(conn, each).ids for each in ANALYTICS] == [[], []]


def test_every_figure_has_its_condition(conn: Connection) -> None:
    """F-L1: and the database understands it."""
    assert get_args(figures.Figure) == tuple(figures.BEHIND)
    now = datetime.now(UTC)
    for name in figures.BEHIND:
        wanted = Filter(figure=name, figure_from=now - timedelta(days=1), figure_to=now)
        assert ticket_lists.page(conn, wanted, None, 1) == []
