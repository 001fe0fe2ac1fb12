"""The verdict tells what was kept from what was not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from deskhand.store import runs, steps
from deskhand.store.connection import Connection
from deskhand.store.steps import Outcome
from tests import arrange
from tests.faults import report
from tests.faults.client import Client, Journal
from tests.faults.playing import result
from tests.faults.verdict import Ending, endings, judge
from tests.servers import serving

FACTS: dict[str, Any] = {
    "tried": 3,
    "acked": 2,
    "unknown": 1,
    "faults": {"cut before": 4},
    "beside": {"time passed": 1},
    "answers": {"202": 2, "503": 1},
    "broken": {},
    "different": {},
    **{name: [] for name in ("lost", "doubled", "phantom", "refused", "unanswered")},
}
GOOD = Ending("open COMPLETED", 3, ("COMPLETED",), ("classify 0",), ("run.completed",), 0, 0)


def journal(**outcomes: str) -> Journal:
    made = Journal()
    for key, outcome in outcomes.items():
        made.begin(key).outcome = outcome  # type: ignore[assignment]
    return made


def test_unknown_may_be_there_or_not() -> None:
    verdict = judge(journal(a="acked", b="unknown", c="unknown"), {"a": [GOOD], "b": [GOOD]}, GOOD)
    assert verdict.sound
    assert (verdict.tried, verdict.acked, verdict.unknown, verdict.unknown_stored) == (3, 1, 2, 1)


def test_who_waits_must_be_told_and_nobody_be_refused() -> None:
    kept = journal(a="acked", b="unknown", c="unknown", d="refused")
    kept.attempted["b"].careful = True
    verdict = judge(kept, {"a": [GOOD], "b": [GOOD]}, GOOD)
    assert (verdict.unanswered, verdict.refused, verdict.sound) == (["b"], ["d"], False)


def test_nothing_accepted_is_nothing_shown() -> None:
    assert not judge(journal(a="unknown"), {}, GOOD).sound


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
    known = journal(a="acked", refused="refused") if "refused" in found else journal(a="acked")
    verdict = judge(known, found, GOOD)
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
    [stalled] = runs.stalled_runs(conn, 0, 10)
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


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ([202], "acked"),
        ([503, 202], "acked"),
        ([422], "refused"),
        ([503, 422], "refused"),
        ([500], "unknown"),
    ],
)
def test_a_client_knows_what_the_last_answer_was(statuses: list[int], outcome: str) -> None:
    left = list(statuses)
    with serving() as desk:
        desk.headers = {"X-Request-ID": "r"}

        def next_try() -> str:
            desk.status = left.pop(0)
            return desk.url

        client = Client(next_try, seed=1)
        patience = 0 if outcome == "unknown" else 30
        entry = client.post(Journal(), "k", client.ticket("k", "s"), patience)
    assert (entry.outcome, entry.answers, entry.careful) == (outcome, statuses, patience > 0)


def test_a_scenario_is_as_expected_when_tickets_were_accepted_and_its_fault_happened() -> None:
    assert result("cuts", FACTS, [], 1.0).ok


@pytest.mark.parametrize(
    "changes",
    [
        {"acked": 0},
        {"faults": {}},
        {"faults": {"cut before": 0}},
        {"answers": {"500": 1}},
        {"broken": {"one run": 1}},
        {"different": {"k": "why"}},
        *({name: ["k"]} for name in ("lost", "doubled", "phantom", "refused", "unanswered")),
    ],
)
def test_a_scenario_differs(changes: dict[str, Any]) -> None:
    assert not result("cuts", {**FACTS, **changes}, [], 1.0).ok


def test_a_scenario_differs_where_something_else_was_wrong() -> None:
    assert not result("cuts", FACTS, ["no twin"], 1.0).ok


def test_the_scenarios_in_all_are_summed_up() -> None:
    each = result("cuts", FACTS, [], 1.0)
    doubled = result("cuts", {**FACTS, "doubled": ["k"]}, [], 1.0)
    assert report.in_all([each, each]).ok
    total = report.in_all([each, doubled])
    assert not total.ok
    assert report.totals([each, doubled, total]) == (
        "2 scenarios in all: 6 tickets tried, 4 acked, 8 faults: cut before 8; lost 0, doubled 1"
    )
