"""Sixteen processes post with the same key at the same moment, key after key."""

import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from deskhand.store.connection import Connection
from tests.patience import HUNG_SECONDS
from tests.processes import forked, take_over

POSTERS = 16
_EVENT = Path("events/ingest.json")


@dataclass(frozen=True)
class Answer:
    """What one poster was told; the body by its digest."""

    status: int
    body: str
    replayed: bool


@dataclass
class Verdict:
    """What was seen over all keys; `violations` is empty when every promise held."""

    requests: int = 0
    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


def race(conn: Connection, environment: Mapping[str, str], keys: int, *, mixed: bool) -> Verdict:
    """The verdict on `keys` keys that each of 16 processes posts at the same moment.

    `mixed`: half of them post another payload under the same key. `environment` is that of the
    ingest function; `conn` reaches the same database.
    """
    prefix = f"race-{time.time_ns()}-"
    started = time.perf_counter()
    answers = _post_all(environment, prefix, keys, mixed)
    verdict = Verdict(requests=keys * POSTERS, seconds=time.perf_counter() - started)
    for number, told in enumerate(zip(*answers, strict=True)):
        verdict.statuses.update(answer.status for answer in told)
        verdict.violations += [f"{prefix}{number}: {wrong}" for wrong in _wrong(told, mixed=mixed)]
    verdict.violations += _stored_wrong(conn, prefix, keys)
    return verdict


def _post_all(
    environment: Mapping[str, str], prefix: str, keys: int, mixed: bool
) -> list[list[Answer]]:
    """The answers of each poster, in the order of the keys."""
    context = forked()
    barrier = context.Barrier(POSTERS)
    posters, pipes = [], []
    for number in range(POSTERS):
        here, there = context.Pipe(duplex=False)
        payload = number % 2 if mixed else 0
        arguments = ({**os.environ, **environment}, barrier, there, prefix, keys, payload)
        posters.append(context.Process(target=_poster, args=arguments, daemon=True))
        pipes.append(here)
    for poster in posters:
        poster.start()
    assert all(pipe.poll(HUNG_SECONDS) for pipe in pipes), "a poster hangs or has failed"
    answers = [pipe.recv() for pipe in pipes]
    for poster in posters:
        poster.join()
    return answers


def _poster(
    environment: dict[str, str], barrier: Barrier, pipe: Pipe, prefix: str, keys: int, payload: int
) -> None:
    take_over(environment)
    from functions.ingest.handler import handler

    event = json.loads(_EVENT.read_text())
    event["body"] = json.dumps({"subject": f"Race {payload}", "body": "", "customer_id": "c-1"})
    answers = []
    for number in range(keys):
        event["multiValueHeaders"]["Idempotency-Key"] = [f"{prefix}{number}"]
        barrier.wait(HUNG_SECONDS)
        answers.append(_answer(handler(event, None)))
    pipe.send(answers)


def _answer(reply: dict[str, Any]) -> Answer:
    digest = hashlib.sha256(reply["body"].encode()).hexdigest()
    return Answer(reply["statusCode"], digest, "Idempotency-Replayed" in reply["multiValueHeaders"])


def _wrong(told: Sequence[Answer], *, mixed: bool) -> list[str]:
    """What the answers to one key say that they must not: a poster may be asked to come back."""
    taken = [answer for answer in told if answer.status == 202]
    first = [answer for answer in taken if not answer.replayed]
    allowed = {202, 409, 422} if mixed else {202, 409}
    wrong = []
    if len(first) != 1:
        wrong.append(f"{len(first)} were told that they are the first")
    if len({answer.body for answer in taken}) > 1:
        wrong.append("different answers to the same request")
    if others := {answer.status for answer in told} - allowed:
        wrong.append(f"answered {sorted(others)}")
    if mixed and len(taken) > POSTERS // 2:
        wrong.append("another payload was taken under the same key")
    return wrong


def _stored_wrong(conn: Connection, prefix: str, keys: int) -> list[str]:
    """Keys whose tickets, runs or messages are not exactly one, and phantoms."""
    rows = conn.execute(
        """
        SELECT k.key, count(DISTINCT t.id) AS tickets, count(DISTINCT r.id) AS runs,
               count(DISTINCT (o.run_id, o.attempt)) AS messages
        FROM idempotency_keys k LEFT JOIN tickets t ON t.id = k.ticket_id
        LEFT JOIN runs r ON r.ticket_id = t.id LEFT JOIN outbox o ON o.ticket_id = t.id
        WHERE starts_with(k.key, %(prefix)s) GROUP BY k.key
        """,
        {"prefix": prefix},
    ).fetchall()
    wrong = [
        str(row) for row in rows if (row["tickets"], row["runs"], row["messages"]) != (1, 1, 1)
    ]
    phantoms = conn.execute(
        "SELECT count(*) AS n FROM tickets t WHERE subject LIKE 'Race _'"
        " AND NOT EXISTS (SELECT FROM idempotency_keys k WHERE k.ticket_id = t.id)"
    ).fetchone()
    if len(rows) != keys:
        wrong.append(f"{len(rows)} of {keys} keys are stored")
    if phantoms is None or phantoms["n"]:
        wrong.append(f"tickets without a key: {phantoms}")
    return wrong
