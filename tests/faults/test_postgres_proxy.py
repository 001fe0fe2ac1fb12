"""The proxy before Postgres: what the server has done and what the client was told."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import psycopg
import pytest

from embedded import ports
from tests.faults.known import Known
from tests.faults.plans import Calm, Nth, Plan
from tests.faults.postgres_proxy import PostgresProxy
from tests.faults.trips import Fault, Trip
from tests.patience import HUNG_SECONDS, wait_until


class Way:
    """A database behind a proxy."""

    def __init__(self, dsn: str) -> None:
        self.direct = dsn
        self.plan: Plan = Calm()
        self.callers, self.port = Known(), ports.unused_port()
        server_port = psycopg.conninfo.conninfo_to_dict(dsn)["port"]
        self.proxy = PostgresProxy(self.port, int(str(server_port)), self.callers, self._ask)
        self.dsn = psycopg.conninfo.make_conninfo(dsn, port=self.port)

    def _ask(self, trip: Trip) -> Fault | None:
        return self.plan.fault(trip)

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.dsn, autocommit=True)

    def stored(self) -> int:
        with psycopg.connect(self.direct) as conn:
            found = conn.execute("SELECT count(*) FROM things").fetchone()
        assert found
        return int(str(found[0]))


@pytest.fixture
def way(database: str) -> Iterator[Way]:
    with psycopg.connect(database) as conn:
        conn.execute("CREATE TABLE things (name text)")
    made = Way(database)
    with made.proxy:
        yield made


def insert(conn: psycopg.Connection[tuple[object, ...]], name: str = "x") -> None:
    conn.execute("INSERT INTO things VALUES (%s)", [name])


def test_every_statement_is_one_trip(way: Way) -> None:
    way.plan = calm = Calm()
    with way.connect() as conn:
        insert(conn)
        with conn.transaction():
            conn.execute("UPDATE things SET name = 'y'")
    assert [trip.what for trip in calm.seen["ingest"]] == [
        "connect",
        "insert things",
        "begin",
        "update things",
        "commit",
    ]


def test_results_pass_unchanged(way: Way) -> None:
    with way.connect() as conn:
        rows = conn.execute(
            "SELECT n, repeat('x', 100) FROM generate_series(1, 20000) n"
        ).fetchall()
        with conn.pipeline():
            cursors = [conn.execute("SELECT %s::int", [n]) for n in range(50)]
        assert [cursor.fetchone() for cursor in cursors] == [(n,) for n in range(50)]
    assert rows == [(n, "x" * 100) for n in range(1, 20001)]


@pytest.mark.parametrize(
    ("fault", "stored"),
    [
        (Fault.CUT_BEFORE, 0),
        (Fault.TORN_REQUEST, 0),
        (Fault.CUT_AFTER, 1),
        (Fault.TORN_REPLY, 1),
    ],
)
@pytest.mark.parametrize("explicit", [False, True])
def test_a_cut_leaves_what_the_server_has_done(
    way: Way, fault: Fault, stored: int, explicit: bool
) -> None:
    way.plan = plan = Nth("ingest", 4 if explicit else 2, fault)
    with pytest.raises(psycopg.OperationalError), way.connect() as conn:
        if explicit:
            with conn.transaction():
                insert(conn)
        else:
            insert(conn)
    assert plan.met
    assert plan.met.what == ("commit" if explicit else "insert things")
    assert way.stored() == stored


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER])
def test_a_session_can_be_cut_as_it_begins(way: Way, fault: Fault) -> None:
    way.plan = Nth("ingest", 1, fault)
    with pytest.raises(psycopg.OperationalError):
        way.connect()
    with way.connect() as conn:
        insert(conn)


@pytest.mark.parametrize(("fault", "stored"), [(Fault.KILL_BEFORE, 0), (Fault.KILL_AFTER, 1)])
def test_the_caller_is_killed_before_or_after(way: Way, fault: Fault, stored: int) -> None:
    program = (
        "import psycopg, sys; input(); conn = psycopg.connect(sys.argv[1], autocommit=True);"
        "conn.execute('INSERT INTO things VALUES (1)'); print('alive')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, way.dsn],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        way.callers.process = psutil.Process(process.pid)
        way.plan = Nth("ingest", 2, fault)
        printed, _ = process.communicate("go\n", timeout=HUNG_SECONDS)
    assert (process.returncode, printed) == (-9, "")
    assert way.stored() == stored


def test_a_blackhole_holds_everything_and_then_lets_it_pass(way: Way) -> None:
    with way.connect() as conn:
        with way.proxy.blackhole():
            waiting = threading.Thread(target=insert, args=(conn,))
            waiting.start()
            time.sleep(0.3)
            assert waiting.is_alive()
            assert way.stored() == 0
        waiting.join(HUNG_SECONDS)
    assert way.stored() == 1


def test_idle_connections_can_be_cut(way: Way) -> None:
    with way.connect() as conn, way.connect() as other:
        assert way.proxy.cut_all("ingest") == 2
        for each in (conn, other):
            with pytest.raises(psycopg.OperationalError):
                each.execute("SELECT 1")
    wait_until(lambda: way.proxy.cut_all() == 0)


def test_a_server_that_is_away_looks_away(way: Way, database: str) -> None:
    away = PostgresProxy(ports.unused_port(), ports.unused_port(), way.callers, lambda trip: None)
    with away:
        dsn = psycopg.conninfo.make_conninfo(database, port=away.port)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(dsn, connect_timeout=60)
