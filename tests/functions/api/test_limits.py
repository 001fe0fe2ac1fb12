"""How fast each caller may ask, how much at once, and what every answer's headers say."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest

from deskhand.api.router import SAFE
from deskhand.logs import log
from deskhand.reference.files import REFERENCE
from deskhand.settings.environment import settings
from deskhand.store import admission, throttle
from deskhand.store.connection import Connection, open_connection
from deskhand.store.throttle import RateLimit
from embedded import tokens
from tests import arrange
from tests.functions.accounts.people import login, person
from tests.functions.gateway import Answer, call
from tests.stopped_clock import StoppedClock

pytestmark = pytest.mark.usefixtures("keys", "dead")
ORIGIN = "https://desk.example"


@pytest.fixture
def clock(conn: Connection) -> StoppedClock:
    """The pace is the database's: here no time passes by itself."""
    return StoppedClock(conn)


@pytest.fixture
def limited(clock: StoppedClock, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """A function that limits every caller to some requests a minute."""

    def limit(a_minute: int) -> None:
        monkeypatch.setenv("REQUESTS_PER_MINUTE", str(a_minute))
        settings.cache_clear()

    return limit


def get(keys: Path, subject: str, path: str = "/tickets") -> Answer:
    return call("GET", path, bearer=tokens.token(keys, subject, "agent"))


def test_a_burst_and_then_an_even_pace(
    clock: StoppedClock, keys: Path, limited: Callable[[int], None]
) -> None:
    """F-K4"""
    limited(30)
    answers = [get(keys, "eager") for _ in range(6)]
    assert [each.status for each in answers] == [200] * 5 + [429]
    assert [each.headers["RateLimit-Policy"] for each in answers] == ['"pace";q=5;w=10'] * 6
    left = [each.headers["RateLimit"].split(";")[1] for each in answers]
    assert left == ["r=4", "r=3", "r=2", "r=1", "r=0", "r=0"]
    refused = answers[-1]
    assert refused.headers["Retry-After"] == "2"
    assert refused.body["title"] == "Too Many Requests"
    clock.advance(2)
    assert [get(keys, "eager").status for _ in range(2)] == [200, 429]


def test_one_caller_takes_nothing_from_another(
    conn: Connection, keys: Path, limited: Callable[[int], None]
) -> None:
    """F-K4"""
    limited(30)
    statuses = {get(keys, "eager").status for _ in range(30)}
    assert statuses == {200, 429}
    assert {get(keys, "calm").status for _ in range(5)} == {200}


def test_a_refused_request_does_nothing(
    conn: Connection, keys: Path, limited: Callable[[int], None]
) -> None:
    """F-K4"""
    limited(6)
    ticket = {"subject": "Flood", "body": "", "customer_id": "c-1"}
    sent = [
        call(
            "POST", "/tickets", {**ticket, "body": str(n)}, bearer=tokens.token(keys, "x", "agent")
        )
        for n in range(5)
    ]
    assert [each.status for each in sent] == [202, 429, 429, 429, 429]
    assert arrange.count(conn, "tickets") == 1


def test_without_a_token_an_address_is_limited(
    conn: Connection, limited: Callable[[int], None]
) -> None:
    """F-K4: sign-up, login and refresh have no caller yet."""
    limited(30)
    person(conn)
    for _ in range(5):
        assert login().status == 200
    refused = login()
    assert (refused.status, refused.body["detail"][:17]) == (429, "too many requests")
    assert login(address="203.0.113.9").status == 200


def test_what_costs_nothing_is_not_limited(
    conn: Connection, limited: Callable[[int], None]
) -> None:
    limited(1)
    for path in ("/health", "/openapi.json", "/docs", "/.well-known/jwks.json") * 2:
        answer = call("GET", path)
        assert answer.status in (200, 503) and "RateLimit" not in answer.headers


def test_no_limit_asks_the_database_nothing(
    conn: Connection, keys: Path, limited: Callable[[int], None]
) -> None:
    limited(0)
    assert "RateLimit" not in get(keys, "eager").headers
    assert arrange.count(conn, "request_paces") == 0


def test_many_at_once_get_exactly_what_there_is(database: str) -> None:
    """F-K4"""
    pace = RateLimit(60.0, 600.0)

    def attempt(_: int) -> bool:
        with open_connection(database) as own:
            return throttle.take(own, "eager", pace).granted

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(40))) == 10


@contextmanager
def stuck(conn: Connection) -> Iterator[None]:
    """Nobody else can count anything meanwhile."""
    with conn.transaction():
        conn.execute("LOCK TABLE request_paces IN ACCESS EXCLUSIVE MODE")
        yield


def test_a_database_too_slow_to_decide_lets_pass(
    conn: Connection,
    keys: Path,
    limited: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F-K4: limits are for fairness; they are not worth an outage."""
    limited(30)
    monkeypatch.setattr(admission, "PATIENCE_MS", 200)
    with stuck(conn):
        answer = get(keys, "eager")
    assert (answer.status, "RateLimit" in answer.headers) == (200, False)
    assert "RateLimit" in get(keys, "eager").headers


def test_counters_nobody_moves_any_more_are_deleted(conn: Connection) -> None:
    for name, age in (("old", "25 hours"), ("new", "1 hour")):
        values = {"name": name, "age": age}
        conn.execute(
            "INSERT INTO request_paces VALUES (%(name)s, now() - %(age)s::interval)", values
        )
        conn.execute(
            "INSERT INTO login_tries VALUES ('', %(name)s, 1, now() - %(age)s::interval)", values
        )
    assert throttle.reap(conn) == 2
    for table in ("request_paces", "login_tries"):
        assert arrange.count(conn, table) == 1


@pytest.mark.parametrize(("kib", "extra", "status"), [(16, 0, 422), (16, 1, 413), (1_024, 0, 422)])
def test_the_largest_body_is_configured(
    conn: Connection, keys: Path, monkeypatch: pytest.MonkeyPatch, kib: int, extra: int, status: int
) -> None:
    """F-K4"""
    monkeypatch.setenv("MAX_BODY_KIB", str(kib))
    settings.cache_clear()
    frame = len(json.dumps({"subject": ""}))
    sent = {"subject": "x" * (kib * 1_024 - frame + extra)}
    assert call("POST", "/tickets", sent, bearer=tokens.token(keys, "x", "agent")).status == status


ROUTES = [(method.upper(), path) for path, each in json.loads(REFERENCE.text)["paths"].items()
          for method in each]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_answer_has_the_safe_headers(
    conn: Connection, keys: Path, method: str, path: str
) -> None:
    """F-K8: with a token and without one."""
    real = path.replace("{file}", "page.js").replace("{", "").replace("}", "")
    for bearer in (None, tokens.token(keys, "root", "admin")):
        answer = call(method, real, bearer=bearer)
        for name, value in SAFE.items():
            if answer.status == 200 and name in ("Cache-Control", "Content-Security-Policy"):
                assert "unsafe" not in answer.headers[name]
            else:
                assert answer.headers[name] == value
        assert "Access-Control-Allow-Origin" not in answer.headers
        text = json.dumps(answer.body)
        assert "Traceback" not in text and "deskhand/" not in text


def test_scripts_of_one_origin_may_read_answers(
    conn: Connection, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-K8"""
    monkeypatch.setenv("CORS_ORIGIN", ORIGIN)
    settings.cache_clear()
    bearer = tokens.token(keys, "root", "admin")
    for origin, allowed in ((ORIGIN, ORIGIN), ("https://evil.example", None), ("null", None)):
        for path in ("/tickets", "/tickets/nonsense"):
            answer = call("GET", path, bearer=bearer, headers={"Origin": origin})
            assert answer.headers.get("Access-Control-Allow-Origin") == allowed
            assert answer.headers["Vary"] == "Origin"
            assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Access-Control-Allow-Origin" not in call("GET", "/tickets", bearer=bearer).headers


def test_refusals_are_logged_without_what_was_sent(
    conn: Connection,
    keys: Path,
    limited: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F-K6: who, which route, and the request to ask about."""
    logged = StringIO()
    monkeypatch.setattr(log.registered_handler, "stream", logged)
    call("GET", "/tickets/canary", bearer="canary")
    token = tokens.token(keys, "alice", "customer")
    call("GET", "/auth/accounts", bearer=token)
    limited(6)
    for _ in range(2):
        call("GET", "/tickets", bearer=token)
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    names = ("message", "status", "route", "caller")
    assert [tuple(line.get(name) for name in names) for line in lines] == [
        ("refused", 401, "GET /tickets/{ticket_id}", None),
        ("refused", 403, "GET /auth/accounts", "user:alice"),
        ("refused", 429, "GET /tickets", "user:alice"),
    ]
    assert "canary" not in logged.getvalue() and token not in logged.getvalue()
    assert all(line["request_id"] for line in lines)
