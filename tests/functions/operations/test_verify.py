"""Each invariant is broken once, by nothing else than its own fault; whole journeys break none."""

import importlib
import json
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deskhand.escalation import escalate
from deskhand.operations.due_times import wrong_due_times
from deskhand.store import intake, metrics, notices
from deskhand.store.connection import Connection, open_connection
from deskhand.store.invariants.check import INVARIANTS, SHOWN_IDS, offenders
from deskhand.store.limits import LIMITS, set_limits
from deskhand.store.outbox import Message
from deskhand.store.workflow import ATTRIBUTION
from embedded.postgres import Server
from functions.verify.handler import handler
from tests import arrange, clocks, journeys
from tests.contract.template import camel
from tests.functions.conftest import event, step_event
from tests.functions.operations.invariants import broken

NAMES = [each.name for each in INVARIANTS]


def escalated(conn: Connection) -> UUID:
    """A ticket that is late, of which everybody was told who is to be."""
    clocks.catalog(conn)
    ticket_id = clocks.opened(conn)
    clocks.move_back(conn, ticket_id, timedelta(hours=8, minutes=30))
    escalate.advance_all(conn, time.monotonic() + 30)
    while notice := notices.claim_due(conn):
        notices.mark_sent(conn, notice["id"], "webhook")
    return ticket_id


def live(conn: Connection) -> dict[str, tuple[Any, int]]:
    """Tickets that had every kind of life; the totals are folded except for `late`."""
    made = {"escalated": (escalated(conn), 0)}
    for name in ("open", "completed", "failed", "replayed", "overtaken", "again", "deleted"):
        request = arrange.request(key=f"key-of-{name}")
        stored = intake.accept(conn, request)
        assert stored is not None
        made[name] = (request.ticket_id, stored.run_id)
    journeys.step(conn, made["open"][1], 1, "validate_ticket")
    journeys.step(conn, made["open"][1], 1, "detect_duplicates")
    journeys.step(conn, made["open"][1], 1, "classify")
    for name in ("completed", "again", "deleted"):
        journeys.finish(conn, made[name][1])
    journeys.fail(conn, made["failed"][1])
    journeys.step(conn, made["replayed"][1], 1, "validate_ticket")
    journeys.fail(conn, made["replayed"][1])
    journeys.replay(conn, made["replayed"][1])
    journeys.finish(conn, made["replayed"][1], 2)
    journeys.step(conn, made["overtaken"][1], 1, "validate_ticket")
    assert journeys.overtake(conn, Message(*made["overtaken"], 1), "IN_PROGRESS")
    journeys.finish(conn, made["overtaken"][1], 2)
    journeys.reprocess(conn, made["again"][0])
    metrics.fold(conn)
    journeys.delete(conn, made["deleted"][0])
    made["late"] = arrange.accepted(conn)
    journeys.fail(conn, made["late"][1])
    return made


@pytest.fixture
def lives(conn: Connection) -> dict[str, tuple[Any, int]]:
    """`live` in the test's own database."""
    return live(conn)


def test_every_kind_of_life_keeps_them(lives: dict[str, Any]) -> None:
    """F-C2"""
    assert broken() == {}
    assert broken(at_rest=True).keys() == {"outbox_is_drained", "no_run_is_open"}


def test_a_whole_journey_keeps_them(conn: Connection, aws: None) -> None:
    """F-C2: by the handlers, from the request to the metrics."""
    for name in ("load_catalog", "ingest"):
        call(name, event(name))
    run = conn.execute("SELECT ticket_id, id FROM runs").fetchone()
    assert broken(at_rest=True).keys() == {"no_run_is_open"}
    for name in journeys.PATH:
        call(name, step_event(name, (run["ticket_id"], run["id"])))
        assert broken() == {}
    for name in ("relay", "reconcile", "publish_metrics"):
        call(name, event(name))
    assert broken(at_rest=True) == {}


def call(name: str, sent: dict[str, Any]) -> Any:
    """What a function answers."""
    return importlib.import_module(f"functions.{name}.handler").handler(sent, None)


def test_the_answer_says_what_was_looked_at(lives: dict[str, Any]) -> None:
    answer = handler(event("verify"), None)
    assert answer["counts"] == {
        "tickets": 8, "deleted": 1, "keys": 7, "runs": 9, "open_runs": 2,
        # Five runs did all steps, one did three.
        "outcomes": 5 * len(journeys.PATH) + 3, "events": answer["counts"]["events"], "unsent": 11,
    }  # fmt: skip
    assert [each["promise"] for each in answer["held"] + answer["broken"]]


def test_ids_are_bounded_and_counted(conn: Connection) -> None:
    for _ in range(SHOWN_IDS + 5):
        arrange.accepted(conn)
    conn.execute("UPDATE tickets SET version = 0")
    [found] = handler({}, None)["broken"]
    assert (found["invariant"], found["count"]) == ("versions_count", SHOWN_IDS + 5)
    assert len(found["ids"]) == SHOWN_IDS


def test_no_text_of_a_ticket_is_answered(lives: dict[str, Any], conn: Connection) -> None:
    """F-K6"""
    conn.execute("UPDATE tickets SET version = 0, subject = 'SECRET-CANARY', body = subject")
    conn.execute(
        "UPDATE idempotency_keys SET ticket_id = gen_random_uuid(), key = 'SECRET-CANARY' || key"
    )
    assert "SECRET-CANARY" not in json.dumps(handler({"at_rest": True}, None))


def linked(ticket: str, original: str) -> str:
    """Statements that link one of the lives to another one, as the trail tells it."""
    return _LINK.replace("(ticket)", f"({ticket})").replace("(original)", f"({original})")


_LINK = (
    "UPDATE tickets SET duplicate_of = %(original)s WHERE id = %(ticket)s;"
    "INSERT INTO events (ticket_id, kind, actor, data) SELECT %(ticket)s, 'ticket.updated', 'x',"
    " jsonb_build_object('changes', jsonb_build_object('duplicate_of',"
    " jsonb_build_object('new', %(original)s::text)));"
)
VECTOR = (
    "INSERT INTO ticket_vectors VALUES (%(open)s, 'all-MiniLM-L6-v2', 1, 'original',"
    " array_fill(0.1, ARRAY[384])::real[]::halfvec, '{}', '{}');"
)

# A run of attribution; its message is sent.
_ATTRIBUTION = (
    "INSERT INTO runs (workflow, request_id) VALUES ('attribution', 'req');"
    "INSERT INTO outbox (run_id, attempt, sent_at) SELECT id, 1, now() FROM runs"
    " WHERE workflow = 'attribution';"
    "INSERT INTO attribution_runs (run_id, started_by) SELECT id, 'x' FROM runs"
    " WHERE workflow = 'attribution';"
)
_ENDED = (
    "UPDATE runs SET status = 'IN_PROGRESS' WHERE workflow = 'attribution';"
    "UPDATE runs SET status = 'COMPLETED', finished_at = now() WHERE workflow = 'attribution'"
)
_FETCHED = (
    "INSERT INTO attribution_requests (run_id, position, batch)"
    " SELECT run_id, 0, 0 FROM attribution_runs;"
    "UPDATE attribution_runs SET fetched = 1, unreadable = 0, batches = 1;"
)
_ONE_MORE = (
    "INSERT INTO attribution_requests (run_id, position, batch)"
    " SELECT run_id, 1, 0 FROM attribution_runs"
)
_COUNTED = "UPDATE attribution_runs SET classified = 1"
_REPORTED = (
    "; INSERT INTO step_outcomes (run_id, step, attempt, verdict, result, seconds)"
    " SELECT run_id, step, 1, '{}', '{}', 0 FROM attribution_runs,"
    " unnest(ARRAY['fetch_requests', 'build_report', 'send_report']) AS step;"
    "INSERT INTO events (run_id, kind, actor, step)"
    " SELECT run_id, 'step.succeeded', 'workflow', step FROM step_outcomes"
    " JOIN attribution_runs USING (run_id)"
)
_FACTS, _SUMS = "facts_are_what_events_say", "sums_are_those_of_the_facts"
# Each fault breaks the invariant that it is filed under and no other, except those after it: some
# change what facts are counted from. `late` is not folded yet.
FAULTS: list[tuple[str, ...]] = [
    (_FACTS, "UPDATE ticket_facts SET duplicate = NOT duplicate WHERE ticket_id = %(completed)s",
     _SUMS),
    (_FACTS, "DELETE FROM ticket_facts WHERE ticket_id = %(completed)s", _SUMS),
    ("sums_are_those_of_the_facts", "UPDATE daily_figures SET n = n + 1"),
    ("sums_are_those_of_the_facts", "DELETE FROM daily_figures"),
    ("key_has_its_ticket", "UPDATE idempotency_keys SET ticket_id = gen_random_uuid()"),
    ("key_has_its_ticket", "UPDATE idempotency_keys SET caller = 'somebody else'"),
    ("key_has_its_ticket", "UPDATE idempotency_keys SET answer = '{}'"),
    ("key_has_its_ticket", "UPDATE idempotency_keys SET route = '/other', ticket_id ="
                           " gen_random_uuid() WHERE key = 'key-of-open'"),
    ("one_key_a_ticket", "INSERT INTO idempotency_keys SELECT caller, route, 'second', fingerprint,"
                         " ticket_id, answer, created_at, expires_at FROM idempotency_keys"
                         " WHERE key = 'key-of-open'"),
    ("created_once", "DELETE FROM events WHERE kind = 'ticket.created' AND ticket_id = %(late)s"),
    ("created_once", "INSERT INTO events (ticket_id, kind, actor)"
                     " VALUES (%(open)s, 'ticket.created', 'x')"),
    ("left_new_once", "DELETE FROM events WHERE kind = 'ticket.status'"
                      " AND ticket_id = %(completed)s"),
    ("left_new_once", "INSERT INTO events (ticket_id, kind, actor, data) VALUES"
                      """ (%(completed)s, 'ticket.status', 'x', '{"old": "new"}')"""),
    ("ticket_has_a_run", "INSERT INTO tickets (id, kind, caller, subject, body, ai_status) VALUES"
                         " (gen_random_uuid(), 'ticket', 'x', 's', 'b', 'FAILED');"
                         "INSERT INTO events (ticket_id, kind, actor) SELECT id, 'ticket.created',"
                         " 'x' FROM tickets WHERE caller = 'x'"),
    ("ticket_has_a_run", "DROP INDEX one_open_run_a_ticket;"
                         "INSERT INTO runs (ticket_id, request_id) VALUES (%(open)s, 'twin');"
                         "INSERT INTO outbox (run_id, attempt, ticket_id, sent_at)"
                         " SELECT id, 1, ticket_id, now() FROM runs WHERE request_id = 'twin'"),
    ("pending_is_under_way", "UPDATE tickets SET ai_status = 'PENDING' WHERE id = %(failed)s"),
    ("same_ticket", "UPDATE events SET ticket_id = %(failed)s"
                    " WHERE ticket_id = %(open)s AND kind = 'run.in_progress'"),
    ("same_ticket", "UPDATE outbox SET ticket_id = %(failed)s WHERE ticket_id = %(open)s"),
    ("totals_are_exact", "UPDATE metric_totals SET value = value + 1"
                         " WHERE sample = 'tickets_created_total'"),
    ("totals_are_exact", "UPDATE metric_totals SET value = value - 2"
                         " WHERE sample = 'tickets_processed_total'"),
    ("totals_are_exact", "DELETE FROM metric_totals WHERE sample = 'tickets_processed_total'"
                         """ AND labels = '{"status": "FAILED"}'"""),
    ("totals_are_exact", "INSERT INTO audit (action, actor, ticket_id, request_id)"
                         " VALUES ('ticket.deleted', 'x', gen_random_uuid(), 'r')"),
    ("versions_count", "UPDATE tickets SET version = 0"),
    ("versions_count", "UPDATE tickets SET text_version = 0"),
    ("versions_count", "UPDATE tickets SET text_version = version + 1"),
    ("provenance_is_known", """UPDATE tickets SET provenance = '{"priority": "gnome"}'"""),
    ("provenance_is_known", """UPDATE tickets SET provenance = '{"colour": "human"}'"""),
    ("provenance_is_known", "UPDATE tickets SET provenance = '[]'"),
    ("duplicates_do_not_chain", linked("completed", "open") + linked("failed", "completed")),
    ("original_is_older", "ALTER TABLE tickets DROP CONSTRAINT original_is_older;"
                          + linked("open", "completed")),
    ("links_are_on_the_trail", "UPDATE tickets SET duplicate_of = %(open)s"
                               " WHERE id = %(completed)s", _FACTS),
    ("links_are_on_the_trail", ";".join((linked("completed", "open"),
                                         "UPDATE tickets SET duplicate_of = NULL"))),
    ("inherited_means_linked", "INSERT INTO step_outcomes (run_id, step, attempt, verdict, result,"
                               """ seconds) VALUES (%(run_of_open)s, 'link_duplicate', 1,"""
                               """ '{"inherited": true}', '{}', 0);"""
                               "INSERT INTO events (ticket_id, run_id, kind, actor, step) VALUES"
                               " (%(open)s, %(run_of_open)s, 'step.succeeded', 'x',"
                               " 'link_duplicate');"
                               "INSERT INTO model_calls (run_id, step, provider, model, prompt,"
                               " prompt_version, started_at, latency_ms, requests, input_tokens,"
                               " output_tokens, outcome, cached, fallback) VALUES (%(run_of_open)s,"
                               " 'classify', 'x', 'x', 'x', 'x', now(), 1, 1, 1, 1, 'ok', false,"
                               " false)"),
    ("vectors_follow_their_tickets", ";".join((VECTOR, "UPDATE ticket_vectors SET"
                                                       " standing = 'done'"))),
    ("vectors_follow_their_tickets", ";".join((VECTOR, "UPDATE ticket_vectors SET"
                                                       " text_version = 2"))),
    ("vectors_follow_their_tickets", ";".join((VECTOR,
        "ALTER TABLE ticket_vectors DROP CONSTRAINT ticket_vectors_ticket_id_fkey",
        "UPDATE ticket_vectors SET ticket_id = gen_random_uuid()"))),
    ("one_model_serves", "UPDATE embedding_models SET serving = false"),
    ("deleted_is_gone", "INSERT INTO audit (action, actor, ticket_id, request_id)"
                        " VALUES ('ticket.deleted', 'x', %(open)s, 'r');"
                        "UPDATE metric_totals SET value = value + 1"
                        " WHERE sample = 'tickets_created_total'"),
    ("deleted_is_gone", "INSERT INTO audit (action, actor, ticket_id, request_id)"
                        " SELECT action, actor, ticket_id, request_id FROM audit;"
                        "UPDATE metric_totals SET value = value + 1"
                        " WHERE sample = 'tickets_created_total'"),
    ("message_for_each_attempt", "DELETE FROM outbox WHERE ticket_id = %(replayed)s"
                                 " AND attempt = 1"),
    ("message_for_each_attempt", "UPDATE outbox SET attempt = 7 WHERE ticket_id = %(open)s"),
    ("message_for_each_attempt", "INSERT INTO outbox (run_id, attempt, ticket_id, sent_at)"
                                 " SELECT run_id, 2, ticket_id, now() FROM outbox"
                                 " WHERE ticket_id = %(open)s"),
    ("attempt_begins_once", "DELETE FROM events WHERE kind = 'run.pending'"
                            " AND ticket_id = %(open)s"),
    ("attempt_begins_once", "DELETE FROM events WHERE kind = 'run.next_attempt'"),
    ("attempt_begins_once", """UPDATE events SET data = '{"attempt": 1}'"""
                            " WHERE kind = 'run.next_attempt'"),
    ("attempt_ends_once", "DELETE FROM events WHERE kind = 'run.failed' AND ticket_id = %(late)s"),
    ("attempt_ends_once", "INSERT INTO events (ticket_id, run_id, kind, actor, data)"
                          " SELECT ticket_id, run_id, kind, actor, data FROM events"
                          " WHERE kind = 'run.completed' AND ticket_id = %(completed)s"),
    ("attempt_ends_once", "INSERT INTO events (ticket_id, run_id, kind, actor, data)"
                          " SELECT ticket_id, run_id, kind, actor, data FROM events"
                          " WHERE kind = 'run.failed' AND ticket_id = %(replayed)s"),
    ("attempt_ends_once", "INSERT INTO events (ticket_id, run_id, kind, actor, data) SELECT"
                          """ ticket_id, id, 'run.failed', 'x', '{"attempt": 2}' FROM runs"""
                          " WHERE ticket_id = %(open)s"),
    ("attempt_ends_once", "UPDATE events SET kind = 'run.completed' WHERE kind = 'run.failed'"
                          " AND ticket_id = %(late)s"),
    ("nothing_after_the_end", "WITH moved AS (DELETE FROM events WHERE kind = 'step.succeeded' AND"
                              " step = 'classify' AND ticket_id = %(completed)s RETURNING *)"
                              " INSERT INTO events (ticket_id, run_id, kind, actor, step, data)"
                              " SELECT ticket_id, run_id, kind, actor, step, data FROM moved"),
    ("known_steps_in_order", "UPDATE step_outcomes SET step = 'guess' WHERE step = 'classify'"
                             " AND run_id = %(run_of_open)s;"
                             "UPDATE events SET step = 'guess' WHERE step = 'classify'"
                             " AND run_id = %(run_of_open)s"),
    ("known_steps_in_order", "DELETE FROM step_outcomes WHERE step = 'validate_ticket'"
                             " AND run_id = %(run_of_open)s;"
                             "DELETE FROM events WHERE kind = 'step.succeeded'"
                             " AND step = 'validate_ticket' AND run_id = %(run_of_open)s"),
    ("known_steps_in_order", "DELETE FROM step_outcomes WHERE step IN ('classify', 'research')"
                             " AND run_id = %(run_of_completed)s;"
                             "DELETE FROM events WHERE kind = 'step.succeeded'"
                             " AND step IN ('classify', 'research')"
                             " AND run_id = %(run_of_completed)s"),
    ("outcome_of_an_attempt", "UPDATE step_outcomes SET attempt = 3"),
    ("outcome_of_an_attempt", "UPDATE step_outcomes SET attempt = 0"),
    ("outcome_has_its_event", "DELETE FROM events WHERE kind = 'step.succeeded'"
                              " AND ticket_id = %(open)s"),
    ("outcome_has_its_event", "INSERT INTO events (ticket_id, run_id, kind, actor, step)"
                              " SELECT ticket_id, id, 'step.succeeded', 'x', 'classify' FROM runs"
                              " WHERE ticket_id = %(failed)s"),
    ("completed_means_created", "DELETE FROM step_outcomes WHERE step = 'create_ticket'"
                                " AND run_id = %(run_of_completed)s;"
                                "DELETE FROM events WHERE kind = 'step.succeeded'"
                                " AND step = 'create_ticket' AND run_id = %(run_of_completed)s"),
    ("completed_means_created", "INSERT INTO step_outcomes (run_id, step, attempt, verdict, result,"
                                " seconds) VALUES (%(run_of_open)s, 'create_ticket', 1, '{}', '{}',"
                                " 0);"
                                "INSERT INTO events (ticket_id, run_id, kind, actor, step) VALUES"
                                " (%(open)s, %(run_of_open)s, 'step.succeeded', 'x',"
                                " 'create_ticket')"),
    ("completed_means_created", "UPDATE tickets SET status = 'new', title = NULL"
                                " WHERE id = %(completed)s;"
                                "DELETE FROM events WHERE kind = 'ticket.status'"
                                " AND ticket_id = %(completed)s", _FACTS),
    ("completed_means_reported", _ATTRIBUTION + _ENDED),
    ("request_is_settled", _ATTRIBUTION + _FETCHED + _ENDED + _REPORTED),
    ("runs_count_their_requests", _ATTRIBUTION + _FETCHED + _COUNTED),
    ("runs_count_their_requests", _ATTRIBUTION + _FETCHED + _ONE_MORE),
    ("totals_are_recent", "UPDATE events SET at = now() - interval '6 minutes'"
                          " WHERE ticket_id = %(late)s"),
    ("stage_has_its_event", "DELETE FROM events WHERE kind = 'sla.escalated'", _FACTS),
    ("stage_has_its_event", "DELETE FROM events WHERE kind = 'notice.sent'; DELETE FROM notices;"
                            "DELETE FROM escalations; UPDATE tickets SET escalation_level = 0"),
    ("stage_has_its_notice", "DELETE FROM events WHERE kind = 'notice.sent';"
                             "DELETE FROM notices"),
    ("notice_is_sent_once", "DELETE FROM events WHERE kind = 'notice.sent'"),
    ("level_is_the_highest", "UPDATE tickets SET escalation_level = 2 WHERE id = %(escalated)s"),
    ("due_time_is_on_the_trail", "UPDATE tickets SET due_at = due_at + interval '1 second'",
     _FACTS),
    ("nothing_done_escalates", "UPDATE tickets SET escalate_at = now() WHERE id = %(open)s"),
    ("stages_are_on_time", "UPDATE tickets SET escalate_at = now() - interval '6 minutes'"
                           " WHERE id = %(escalated)s"),
    ("notices_are_sent", "UPDATE notices SET sent_at = NULL;"
                         "DELETE FROM events WHERE kind = 'notice.sent'"),
    ("outbox_is_drained", "UPDATE outbox SET sent_at = NULL WHERE ticket_id = %(open)s"),
    ("no_run_is_open", "SELECT"),
    ("sessions_are_limited", "ALTER ROLE CURRENT_USER IN DATABASE faulty RESET ALL"),
    ("sessions_are_limited", "ALTER ROLE CURRENT_USER IN DATABASE faulty"
                             " SET lock_timeout = '1h'"),
]  # fmt: skip


@pytest.fixture(scope="module")
def at_rest(postgres: Server, template: str) -> Iterator[tuple[Connection, dict[str, object]]]:
    """A database of `live` for all faults, each of which is rolled back, and its ids by name."""
    with open_connection(postgres.dsn, wait_seconds=None) as admin:
        # A worker that steals tests comes back to this module after others.
        admin.execute("DROP DATABASE IF EXISTS faulty WITH (FORCE)")
        admin.execute(f"CREATE DATABASE faulty TEMPLATE {template}".encode())
        set_limits(admin, "faulty")
    with open_connection(postgres.dsn_of("faulty"), wait_seconds=None) as conn:
        lives = live(conn)
        journeys.mark_all_sent(conn)
        ids: dict[str, object] = {name: ticket_id for name, (ticket_id, _) in lives.items()}
        yield conn, ids | {f"run_of_{name}": run_id for name, (_, run_id) in lives.items()}


def breaking(conn: Connection) -> dict[str, list[str]]:
    """What breaks which invariant, with what the transaction has done so far."""
    found = {each.name: offenders(conn, each).ids for each in INVARIANTS}
    return {name: ids for name, ids in found.items() if ids}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault[0])
def test_a_fault_breaks_its_invariant_and_no_other(
    at_rest: tuple[Connection, dict[str, object]], fault: tuple[str, ...]
) -> None:
    conn, ids = at_rest
    name, statements, *also = fault
    assert breaking(conn).keys() == {"no_run_is_open"}
    with conn.transaction(force_rollback=True):
        for statement in filter(None, statements.split(";")):
            conn.execute(statement.encode(), ids)
        found = breaking(conn)
    assert found.keys() == {name, *also, "no_run_is_open"}


def test_every_invariant_is_seen_to_break() -> None:
    assert {name for name, *_ in FAULTS} == set(NAMES)
    assert len(set(NAMES)) == len(NAMES)


def test_the_limits_are_those_that_migrate_sets() -> None:
    [known] = [each for each in INVARIANTS if each.name == "sessions_are_limited"]
    assert re.findall(r"'(\w+)=(\d+)'", known.offenders) == [
        (name, str(milliseconds)) for name, milliseconds in LIMITS.items()
    ]


def test_the_steps_are_those_of_the_state_machines() -> None:
    machine = json.loads(Path("statemachine/triage.asl.json").read_text())
    state, tasks = machine["States"][machine["StartAt"]], []
    while state is not None:
        branches = [each["States"][each["StartAt"]] for each in state.get("Branches", [])]
        tasks += [each["Resource"] for each in (state, *branches) if each["Type"] == "Task"]
        state = machine["States"].get(state.get("Next") or state.get("Default"))
    assert [snake(task) for task in tasks] == list(journeys.PATH)
    every = {*tasks, *(each.get("Resource", "") for each in machine["States"].values())}
    every |= {f"${{{camel(each.name)}FunctionArn}}" for each in ATTRIBUTION}
    [known] = [each for each in INVARIANTS if each.name == "known_steps_in_order"]
    path = re.findall(r"\('(\w+)', (?:'(\w+)'|NULL)\)", known.offenders)
    assert {step for step, _ in path} | {"record_failure"} == {snake(e) for e in every if e}


def snake(task: str) -> str:
    """The folder of a task's function."""
    name = task.removeprefix("${").removesuffix("FunctionArn}")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def test_a_due_time_that_no_replay_finds(conn: Connection) -> None:
    """F-I6: the log and the catalog alone say when a ticket is due."""
    ticket_id = escalated(conn)
    assert broken() == {}
    for fault in (
        b"UPDATE tickets SET due_at = due_at + interval '1 second'",
        b"UPDATE tickets SET escalate_at = escalate_at + interval '1 second'",
    ):
        with conn.transaction(force_rollback=True):
            conn.execute(fault)
            assert wrong_due_times(conn).ids == [str(ticket_id)]
    conn.execute(
        "UPDATE events SET at = at - interval '1 day',"
        " data = jsonb_build_object('old', 'new', 'new', 'hold') WHERE kind = 'ticket.status'"
    )
    assert broken() == {"due_time_is_what_a_replay_says": [str(ticket_id)]}


# A ticket's path: README.md says no more than that.
LOOKED_AT = {
    "attribution_requests", "attribution_runs",
    "audit", "embedding_models", "escalations", "events", "idempotency_keys", "metric_totals",
    "metric_watermark", "model_calls", "notices", "outbox", "runs", "step_outcomes",
    "ticket_vectors", "tickets", "ticket_clocks", "ticket_facts",
    "daily_figures", "analytics_state",
}  # fmt: skip


def test_the_tables_that_are_looked_at(conn: Connection) -> None:
    rows = conn.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    ).fetchall()
    words = set(re.findall(r"\w+", " ".join(each.offenders for each in INVARIANTS)))
    assert {row["tablename"] for row in rows} & words == LOOKED_AT
