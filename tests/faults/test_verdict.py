"""The verdict tells what was kept from what was not."""

from dataclasses import replace
from pathlib import Path

import pytest
from psycopg.types.json import Jsonb

from deskhand.store import runs, steps
from deskhand.store.connection import Connection
from deskhand.store.steps import Outcome
from tests import arrange
from tests.faults.client import Journal
from tests.faults.verdict import Ending, endings, judge

GOOD = Ending("open COMPLETED", 3, ("COMPLETED",), ("classify 0",), ("run.completed",), 0, 0)


def journal(**outcomes: str) -> Journal:
    made = Journal()
    for key, outcome in outcomes.items():
        made.begin(key).outcome = outcome  # type: ignore[assignment]
    return made


def test_unknown_may_be_there_or_not() -> None:
    verdict = judge(
        journal(a="acked", b="unknown", c="unknown", d="refused"), {"a": [GOOD], "b": [GOOD]}, GOOD
    )
    assert verdict.sound
    assert (verdict.tried, verdict.acked, verdict.unknown, verdict.unknown_stored) == (4, 1, 2, 1)


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        ({}, "lost"),
        ({"a": [GOOD, GOOD]}, "doubled"),
        ({"a": [GOOD], "b": [GOOD]}, "phantom"),
        ({"a": [GOOD], "refused": [GOOD]}, "phantom"),
        ({"a": [replace(GOOD, runs=("FAILED StepFailed",))]}, "different"),
        ({"a": [replace(GOOD, unsent=1)]}, "different"),
        ({"a": [replace(GOOD, late=1)]}, "different"),
        ({"a": [replace(GOOD, asked_again=45)]}, "different"),
    ],
)
def test_what_is_wrong_is_named(found: dict[str, list[Ending]], fault: str) -> None:
    verdict = judge(journal(a="acked", refused="refused"), found, GOOD)
    assert not verdict.sound
    assert getattr(verdict, fault)


def test_models_may_be_asked_again_but_not_without_end() -> None:
    for again, attempts in ((0, 1), (1, 1), (44, 1), (45, 2)):
        assert not replace(GOOD, asked_again=again, attempts=attempts).differs(GOOD)


def test_an_ending_is_read_from_the_tables(conn: Connection) -> None:
    metadata = {"key": "k", "scenario": "s"}
    _, run_id = arrange.accepted(conn, metadata=metadata)
    steps.open_step(conn, run_id, 1, "classify", 0)
    conn.execute(
        "INSERT INTO events (ticket_id, run_id, kind, actor, step)"
        " SELECT ticket_id, id, 'model.called', 'workflow', step FROM runs,"
        " unnest(ARRAY['classify', 'classify', 'draft_reply']) AS step"
    )
    steps.close_step(conn, run_id, 1, "classify", 0, Outcome({}, completes=True), 0.1)
    found = endings(conn, "s")
    assert (found["k"][0].asked_again, found["k"][0].attempts) == (1, 1)
    assert found == {
        "k": [
            Ending(
                ticket="new PENDING",
                version=1,
                runs=("COMPLETED",),
                outcomes=("classify 0",),
                events=(
                    "run.completed classify",
                    "run.in_progress classify",
                    "run.pending",
                    "step.succeeded classify",
                    "ticket.created",
                ),
                unsent=1,
                late=0,
            )
        ]
    }
    assert endings(conn, "other") == {}


def test_an_outcome_of_an_overtaken_attempt_is_late(conn: Connection) -> None:
    _, run_id = arrange.accepted(conn, metadata={"key": "k", "scenario": "s"})
    steps.open_step(conn, run_id, 1, "classify", 0)
    [stalled] = runs.stalled(conn, 0, 10)
    assert runs.next_attempt(conn, stalled)
    conn.execute(
        "INSERT INTO events (ticket_id, run_id, kind, actor, step, data)"
        " SELECT ticket_id, id, 'step.succeeded', 'workflow', 'classify', %s FROM runs",
        [Jsonb({"attempt": 1})],
    )
    [[ending]] = endings(conn, "s").values()
    assert ending.late == 1


def test_the_journal_is_written_before_the_answer(tmp_path: Path) -> None:
    kept = Journal(tmp_path / "journal")
    entry = kept.begin("k")
    assert (tmp_path / "journal").read_text() == '{"invoke": "k"}\n'
    entry.outcome = "acked"
    kept.end(entry)
    assert '"acked": "k"' in (tmp_path / "journal").read_text()
