"""Keeps learning up to date: collects solved tickets, embeds examples, retrains."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from deskhand.catalog.loaded import active
from deskhand.catalog.wording import wording_of
from deskhand.learning.classifier import pack
from deskhand.learning.examples import FEWEST, OFTEN, Examples, is_learnable
from deskhand.learning.training import affordable_part, train
from deskhand.logs import log
from deskhand.safety.secrets.hiding import hide
from deskhand.similarity import built_in
from deskhand.store import catalog as catalogs
from deskhand.store import classifiers, examples
from deskhand.store.connection import Connection, connection, patient
from deskhand.ticket import TicketText

# Training uses only the newest examples; nearest tickets are searched among all.
MOST_TRAINED = 30_000
_PAGE = 128
_SOLVED_AT_ONCE = 1_000
# Retrains once this many examples, or this share of them, are new or changed.
_FEW, _SHARE = 20, 0.05
_NOTED_EVERY_SECONDS = 5.0
# Shares of the remaining time. Training starts only while more than the first is left. It is
# planned to take the second, and ends after the third if the plan was too optimistic.
_LEFT_TO_TRAIN, _PLANNED, _HURRIED = 0.75, 0.8, 0.9


def learn(remaining: Callable[[], float], *, force: bool = False) -> dict[str, Any]:
    """Counts of collected, embedded and remaining examples, and the id of a newly trained
    classifier.

    `remaining` returns the seconds left. Without `force`, training waits until enough has changed.
    When embedding took long, the next run trains.
    """
    start = remaining()
    with connection() as conn:
        with patient(conn, 60):
            collected = examples.collect_solved(conn, _SOLVED_AT_ONCE)
        model = catalogs.model_of_phrases(conn)
        read = _read(conn, model, remaining)
        left = examples.count_unread(conn, model)
        soon = remaining() > start * _LEFT_TO_TRAIN
        trained = (
            _train(conn, model, remaining)
            if not left and soon and _due(conn, model, force)
            else None
        )
    return {"collected": collected, "read": read, "unread": left, "classifier": trained}


def _read(conn: Connection, model: str, remaining: Callable[[], float]) -> int:
    """Embeds examples; returns how many. Each page is stored at once, so a timeout loses little."""
    done = 0
    start = remaining()
    # Half of the time is left for training.
    while remaining() > start / 2:
        page = examples.unread_examples(conn, model, _PAGE)
        if not page:
            break
        vectors = built_in.direction(model, [TicketText(one.subject, one.body) for one in page])
        texts = [examples.literal(vector) for vector in vectors.tolist()]
        with patient(conn, 20):
            examples.set_vectors(conn, model, page, texts)
        done += len(page)
    return done


def _due(conn: Connection, model: str, force: bool) -> bool:
    _, count = examples.last_change(conn, model)
    seen = classifiers.progress_of_newest(conn)
    if seen is None:
        return count > 0
    through, known = seen
    changed = examples.changes_since(conn, model, through)
    # Adds deleted examples; a changed example counts twice.
    changed += max(known + changed - count, 0)
    return changed > 0 and (force or changed >= max(_FEW, _SHARE * count))


def _train(conn: Connection, model: str, remaining: Callable[[], float]) -> int | None:
    """The id of the new active classifier; None when there are too few examples, or when another
    call is training."""
    last, count = examples.last_change(conn, model)
    if count < FEWEST or examples.common_pairs(conn, model, OFTEN) < 2:
        classifiers.forget(conn)
        return None
    catalog = active(conn)
    wording = wording_of(catalog.phrases) if catalog else None
    known = affordable_part(_known(conn, model, last), _PLANNED * remaining(), wording)
    if not is_learnable(known):
        return None
    made = classifiers.begin(conn, last, count)
    if made is None:
        return None
    started = time.monotonic()
    try:
        trained = train(known, wording, _noting(conn, made), _HURRIED * remaining())
    except BaseException:
        classifiers.give_up(conn, made)
        raise
    report = {**trained.report, "seconds": round(time.monotonic() - started, 1)}
    with patient(conn, 60):
        done = classifiers.finish(conn, made, pack(trained), report)
    log.info("classifier trained", extra={"classifier": made, "examples": count, "in_force": done})
    return made if done else None


def _known(conn: Connection, model: str, through: int) -> Examples:
    keys, texts, pairs, judged, days, vectors = [], [], [], [], [], bytearray()
    for row in examples.pages(conn, model, through, MOST_TRAINED):
        keys.append(row["key"])
        # The classifier keeps the words that it has learnt; triage hides secrets before it asks.
        texts.append(hide(TicketText(row["subject"], row["body"]).text))
        pairs.append((row["category"], row["request_type"]))
        judged.append(row["judged"])
        days.append(row["happened_at"].timestamp() if row["happened_at"] else np.nan)
        vectors += row["vector"]
    matrix = np.frombuffer(vectors, ">f4").reshape(len(keys), -1).astype(np.float32)
    marks = np.array(judged, np.bool_)
    return Examples(keys, texts, matrix, pairs, marks, model, through, np.array(days))


def _noting(conn: Connection, made: int) -> Callable[[float], None]:
    """Stores the progress every few seconds, which also renews the lease."""
    noted = time.monotonic()

    def note(share: float) -> None:
        nonlocal noted
        if time.monotonic() - noted >= _NOTED_EVERY_SECONDS:
            noted = time.monotonic()
            classifiers.progress(conn, made, share)

    return note
