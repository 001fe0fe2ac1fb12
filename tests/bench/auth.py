"""What it costs to know who is asking: the token against a bare signature, and a login's time."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.console import Group
from rich.table import Table

from deskhand.accounts import passwords
from deskhand.api import bearer, opaque_tokens
from deskhand.api.access import ROUTES
from deskhand.settings import environment
from deskhand.store import service_tokens, throttle
from deskhand.store.connection import open_connection
from deskhand.store.migrate import migrate
from deskhand.store.service_tokens import Machine
from deskhand.store.throttle import RateLimit
from deskhand.uuid7 import uuid7
from embedded import tokens
from embedded.postgres import Server

ROUNDS, WARM_UP, LOGINS = 2_000, 100, 200
GOAL_MS = 1.0


def measure() -> Group:
    """Milliseconds of each part of the authentication, and of logins by who they are for."""
    with tempfile.TemporaryDirectory() as state, Server.temporary() as server:
        return Group(_verifying(Path(state)), _asking(server), _logins())


def _verifying(state: Path) -> Table:
    """Without any I/O: what every request with a token pays."""
    given = tokens.token(state, "somebody", "customer")
    public: Ed25519PublicKey = jwt.PyJWKSet.from_json(tokens.public_keys(state)).keys[0].key
    text, _, signature = given.rpartition(".")
    raw = jwt.utils.base64url_decode(signature)
    os.environ["TOKEN_KEYS"] = tokens.public_keys(state)
    environment.settings.cache_clear()
    bearer._keys.cache_clear()
    access = ROUTES["GET", "/tickets"]
    times = _timed(
        {
            "Ed25519 signature alone": lambda: public.verify(raw, text.encode()),
            "token and role": lambda: bearer.caller_of([f"Bearer {given}"]).require(access),
        }
    )
    return _table(f"verifying, {ROUNDS} times each", times, "Ed25519 signature alone")


def _asking(server: Server) -> Table:
    """With one round trip each, against the emptiest one."""
    with open_connection(server.dsn, wait_seconds=None) as conn:
        migrate(conn)
        machine = opaque_tokens.new(opaque_tokens.SERVICE)
        service_tokens.create(
            conn, Machine(uuid7(), ["tickets:read"]), "b", machine.hash, None, "b"
        )
        pace = RateLimit(1e-6, 10)
        times = _timed(
            {
                "SELECT": lambda: conn.execute("SELECT"),
                "caller's pace": lambda: throttle.take(conn, "user:bench", pace),
                "service token": lambda: service_tokens.find(
                    conn, opaque_tokens.hash_of(machine.text)
                ),
            }
        )
    return _table(f"one round trip, {ROUNDS} times each", times, "SELECT")


def _logins() -> Table:
    """The time must not tell whether somebody has an account."""
    stored = passwords.hash_password("correct horse battery staple")
    wrong = "incorrect horse battery staple"
    times = _timed(
        {
            "known address": lambda: passwords.is_correct(stored, wrong),
            "unknown address": lambda: passwords.is_correct(None, wrong),
        },
        LOGINS,
    )
    return _table(f"a wrong password, {LOGINS} times each, in turn", times, "known address")


def _timed(ways: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Milliseconds of each way, in turn, so that whatever the machine does meets all alike."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + WARM_UP):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if number >= WARM_UP:
                times[name].append((time.perf_counter() - start) * 1000)
    return times


def _table(title: str, times: dict[str, list[float]], floor: str) -> Table:
    table = Table(title=title)
    for column in ("", "median ms", "p95 ms", "more ms", "ratio", "goal"):
        table.add_column(column, justify="left" if not column else "right")
    least = statistics.median(times[floor])
    goals = {"token and role": f"<= {GOAL_MS:.0f} ms more", "unknown address": "0.9 to 1.1"}
    for name, found in times.items():
        median, p95 = statistics.median(found), statistics.quantiles(found, n=20)[-1]
        figures = (f"{median:.3f}", f"{p95:.3f}", f"{median - least:+.3f}", f"{median / least:.2f}")
        table.add_row(name, *figures, goals.get(name, ""))
    return table
