"""/analytics equals what is computed by hand, and its lists are the tickets behind each figure."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import pytest

from deskhand.settings import environment
from deskhand.store import daily_figures, facts, metrics
from deskhand.store.connection import Connection
from deskhand.store.invariants.analytics import ANALYTICS
from tests import arrange, journeys
from tests.functions.analytics.stories import analytics, counted, story
from tests.functions.gateway import call
from tests.functions.learning.old_tickets import history, import_rows
from tests.functions.operations.invariants import broken
from tests.functions.tickets.requests import patch, pointers

pytestmark = pytest.mark.usefixtures("aws")

# In Berlin clocks went back on 2024-10-27.
RECOUNTED = {each.name for each in ANALYTICS}
WINDOW: dict[str, str | list[str]] = {"since": "2024-10-20", "until": "2024-10-30"}


@pytest.fixture
def desk(conn: Connection) -> dict[str, UUID]:
    """Seven tickets around the end of summer time, one of them deleted, and imported ones."""
    made = {
        "solved": story(
            conn,
            "2024-10-21T10:00Z",
            ("2024-10-21T10:05Z", "open", "workflow"),
            ("2024-10-22T10:00Z", "solved", "ann"),
            ("2024-10-25T10:00Z", "closed", "ann"),
        ),
        "twice": story(
            conn,
            "2024-10-26T21:30Z",  # 23:30 in Berlin
            ("2024-10-26T21:31Z", "open", "workflow"),
            ("2024-10-27T23:30Z", "solved", "ann"),  # 00:30 of the 28th, in winter time
            ("2024-10-28T12:00Z", "open", "bob"),
            ("2024-10-29T12:00Z", "solved", "bob"),
            priority="low",
        ),
        "closed": story(
            conn,
            "2024-10-26T22:30Z",  # 00:30 of the 27th
            ("2024-10-27T12:00Z", "closed", "ann"),
        ),
        "open": story(conn, "2024-10-12T12:00Z", ("2024-10-12T12:01Z", "open", "workflow")),
        "back": story(
            conn,
            "2024-10-15T12:00Z",
            ("2024-10-18T12:00Z", "solved", "ann"),
            ("2024-10-20T12:00Z", "open", "ann"),
        ),
        "deleted": story(conn, "2024-10-23T12:00Z"),
    }
    made["child"] = story(conn, "2024-10-24T12:00Z", duplicate_of=made["solved"])
    journeys.delete(conn, made.pop("deleted"))
    import_rows(history(4))
    counted(conn, "Europe/Berlin")
    return made


def listed(query: str) -> set[str]:
    """The tickets that the query string selects."""
    answer = call("GET", "/tickets", query=parse_qs(query))
    assert answer.status == 200, answer.body
    return {ticket["id"] for ticket in answer.body["tickets"]}


def figures(found: dict[str, Any]) -> dict[str, Any]:
    """The values of a summary."""
    return {name: figure["value"] for name, figure in found["figures"].items()}


def test_the_summary_is_what_a_person_counts(desk: dict[str, UUID]) -> None:
    """F-L1"""
    found = analytics("summary", **WINDOW)
    assert (found["time_zone"], found["complete"]) == ("Europe/Berlin", True)
    assert (found["from"], found["to"], found["before"]) == (
        "2024-10-20", "2024-10-30", "2024-10-10",
    )  # fmt: skip
    values = figures(found)
    assert {name: values[name] for name in ("created", "solved", "solved_first", "solved_again",
            "closed", "reopened", "linked", "unanswered")} == {
        "created": 4, "solved": 3, "solved_first": 2, "solved_again": 1, "closed": 1,
        "reopened": 2, "linked": 0, "unanswered": 0,
    }  # fmt: skip
    assert found["figures"]["created"]["before"] == 2
    assert found["figures"]["created"]["change"] == 2
    assert values["reopened_share"] == 0.3333
    assert found["figures"]["reopened_share"]["n"] == 3
    assert [(each["part"], each["n"]) for each in found["created_by"]["priority"]] == [
        ("high", 3), ("low", 1)
    ]  # fmt: skip


def test_unknown_is_null_with_its_reason(desk: dict[str, UUID]) -> None:
    """F-L1"""
    found = analytics("summary", **WINDOW)["figures"]
    assert found["coverage"]["value"] is None
    assert found["coverage"]["reason"] == "no such ticket in these days"
    assert found["resolution_attainment"]["reason"] == "no promise fell due"
    assert found["drafts_sent_unchanged"]["value"] is None
    assert found["drafts_sent_unchanged"]["reason"]
    empty = analytics("summary", since="2023-01-01", until="2023-01-08")
    assert empty["figures"]["reopened_share"]["value"] is None
    assert empty["figures"]["reopened_share"]["change"] is None
    took = analytics("performance", since="2023-01-01", until="2023-01-08")["durations"]
    assert took["seconds_to_resolution"]["median"]["value"] is None
    assert took["seconds_to_resolution"]["reason"]


def test_each_list_is_the_tickets_behind_its_figure(desk: dict[str, UUID]) -> None:
    """F-L1"""
    found = analytics("summary", **WINDOW)
    wanted = {
        "created": ("solved", "twice", "closed", "child"),
        "solved": ("solved", "twice"),
        "solved_first": ("solved", "twice"),
        "solved_again": ("twice",),
        "closed": ("closed",),
        "reopened": ("twice", "back"),
        "reopened_share": ("twice",),
        "triage_running": ("solved", "twice", "closed", "child"),
        "triage_failed": (),
    }
    for name, names in wanted.items():
        assert listed(found["figures"][name]["list"]) == {str(desk[each]) for each in names}, name
    assert listed(found["backlog"]["list"]) == {str(desk[n]) for n in ("open", "back", "child")}
    for part in found["created_by"]["priority"]:
        assert len(listed(part["list"])) == part["n"]


def test_what_comes_in_less_what_goes_out_is_what_is_open(desk: dict[str, UUID]) -> None:
    """F-L1: backlog(to) = backlog(from) + created + reopened - solved - closed - deleted."""
    assert analytics("summary", **WINDOW)["backlog"]["balance"] == {
        "from": 1, "created": 5, "reopened": 2, "solved": 3, "closed": 1, "deleted": 0, "to": 4,
    }  # fmt: skip
    today = analytics("summary", days="1")["backlog"]["balance"]
    assert (today["from"], today["deleted"], today["to"]) == (4, 1, 3)
    for query in (WINDOW, {"days": "7"}, {"days": "1"}, {**WINDOW, "priority": "high"}):
        balance = analytics("summary", **query)["backlog"]["balance"]
        assert balance["to"] == (
            balance["from"] + balance["created"] + balance["reopened"]
            - balance["solved"] - balance["closed"] - balance["deleted"]
        )  # fmt: skip


def test_days_begin_by_the_clock_of_the_desk(desk: dict[str, UUID], conn: Connection) -> None:
    """F-L1"""
    found = analytics("trends", **WINDOW)["buckets"]
    assert len(found) == 10
    by_day = {each["from"]: each for each in found}
    assert [by_day[f"2024-10-{day}"]["created"] for day in (26, 27, 28)] == [1, 1, 0]
    assert [by_day[f"2024-10-{day}"]["solved"] for day in (27, 28, 29)] == [0, 1, 1]
    assert found[-1]["backlog"] == 4
    assert not any(each["is_partial"] for each in found)
    counted(conn, "UTC")
    by_day = {each["from"]: each for each in analytics("trends", **WINDOW)["buckets"]}
    assert [by_day[f"2024-10-{day}"]["created"] for day in (26, 27)] == [2, 0]
    assert [by_day[f"2024-10-{day}"]["solved"] for day in (27, 28, 29)] == [1, 0, 1]
    assert not broken().keys() & RECOUNTED


def test_weeks_begin_on_monday_and_a_part_is_marked(desk: dict[str, UUID]) -> None:
    """F-L1"""
    found = analytics("trends", **WINDOW, by="week")["buckets"]
    assert [(each["from"], each["is_partial"], each["created"]) for each in found] == [
        ("2024-10-20", True, 0), ("2024-10-21", False, 5), ("2024-10-28", True, 0)
    ]  # fmt: skip
    assert analytics("trends", days="2")["buckets"][-1]["is_partial"]


def test_durations_have_medians_and_nine_tenths(desk: dict[str, UUID]) -> None:
    """F-L1"""
    took = analytics("performance", **WINDOW)["durations"]["wall_seconds_to_resolution"]
    assert (took["n"], took["exact"]) == (2, True)
    assert took["median"]["value"] == 90_000  # 24 and 26 hours
    assert took["p90"]["value"] == 92_880
    assert took["median"]["before"] == 3 * 86_400
    people = analytics("performance", **WINDOW)["people"]
    assert people == [
        {"person": "ann", "solved": 2, "first_responses": 3, "corrections": 0},
        {"person": "bob", "solved": 1, "first_responses": 0, "corrections": 0},
    ]


def test_filters_of_the_list_apply(desk: dict[str, UUID]) -> None:
    """F-L1"""
    found = analytics("summary", **WINDOW, priority="low")
    assert (figures(found)["created"], figures(found)["solved"]) == (1, 2)
    assert "priority=low" in found["figures"]["created"]["list"]
    assert listed(found["figures"]["created"]["list"]) == {str(desk["twice"])}
    rows = {row["priority"]: row for row in analytics("priorities", **WINDOW)["priorities"]}
    assert (rows["low"]["created"]["value"], rows["high"]["created"]["value"]) == (1, 3)
    assert rows["low"]["solved"]["value"] == 2
    assert (rows["high"]["backlog"]["value"], rows["low"]["backlog"]["value"]) == (4, 0)
    assert listed(rows["low"]["created"]["list"]) == {str(desk["twice"])}


def test_a_filter_that_fits_every_ticket_changes_no_figure(
    desk: dict[str, UUID], conn: Connection
) -> None:
    """F-L1: the sums of the desk and those of the filter are two ways to the same figures; only
    deleted tickets are in the first alone."""
    conn.execute("DELETE FROM ticket_facts WHERE deleted_at IS NOT NULL")
    conn.execute("DELETE FROM daily_figures")
    conn.execute("INSERT INTO daily_figures SELECT g.figure, g.day, g.part, g.bucket, count(*)"
                 " FROM ticket_facts f, sums_of(f, 'Europe/Berlin') AS g"
                 " GROUP BY g.figure, g.day, g.part, g.bucket")  # fmt: skip
    for window in (WINDOW, {"days": "1"}, {"since": "2024-10-27", "until": "2024-10-28"}):
        for route in ("summary", "priorities", "trends", "performance"):
            plain = analytics(route, **window)
            filtered = analytics(route, **window, kind=["ticket", "incident"])
            for answer in (plain, filtered):
                answer.pop("models", None)
            assert _without_lists(plain) == _without_lists(filtered)


def _without_lists(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: _without_lists(each) for name, each in found.items() if name != "list"}
    return [_without_lists(each) for each in found] if isinstance(found, list) else found


def test_a_filter_of_too_many_tickets_is_refused(
    desk: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-L1: before the work is done; a narrower one is answered."""
    monkeypatch.setattr(daily_figures, "MOST_SELECTED", 3)
    days = {"from": "2024-10-20", "to": "2024-10-30"}
    for route in ("summary", "priorities", "trends", "performance"):
        answer = call("GET", f"/analytics/{route}", query={**days, "kind": "ticket"})
        assert (answer.status, pointers(answer)) == (400, ["from"])
        assert "more than 3 tickets" in answer.body["errors"][0]["detail"]
        assert call("GET", f"/analytics/{route}", query=days).status == 200
        assert call("GET", f"/analytics/{route}", query={**days, "priority": "low"}).status == 200
        earlier = {"from": "2024-10-10", "to": "2024-10-13", "kind": "ticket"}
        assert call("GET", f"/analytics/{route}", query=earlier).status == 200


def test_a_priority_without_a_duration_has_none(desk: dict[str, UUID], conn: Connection) -> None:
    """F-L1: neither 0 nor that of the tickets without a priority."""
    ticket_id = story(
        conn, "2024-10-22T10:00Z", ("2024-10-22T11:00Z", "solved", "ann"), priority=None
    )
    conn.execute(
        "INSERT INTO ticket_clocks (ticket_id, response_promised, resolution_promised,"
        " resolution_seconds) VALUES (%s, false, true, 3600)",
        [ticket_id],
    )
    counted(conn, "Europe/Berlin")
    rows = {row["priority"]: row for row in analytics("priorities", **WINDOW)["priorities"]}
    assert rows[None]["seconds_to_resolution"]["median"]["value"] == 3600
    unknown = rows["critical"]["seconds_to_resolution"]
    assert (unknown["n"], unknown["median"]["value"], unknown["p90"]["value"]) == (0, None, None)
    assert unknown["reason"] and unknown["median"]["reason"]
    assert rows["critical"]["resolution"]["value"] is None
    assert rows["critical"]["resolution"]["reason"]


def test_models_have_costs_and_latencies(conn: Connection) -> None:
    """F-L1: of answers, not of failures or of the cache; with a filter nobody knows."""
    calls = [(n, "ok", False, 0.01) for n in range(1, 11)]
    for latency, outcome, cached, cost in [*calls, (9999, "Slow", False, None), (0, "ok", True, 0)]:
        conn.execute(
            "INSERT INTO model_calls (step, provider, model, prompt, prompt_version, started_at,"
            " latency_ms, requests, input_tokens, output_tokens, cost_usd, outcome, cached,"
            " fallback) VALUES ('classify', 'p', 'm', 'p', '1', now(), %s, %s, 1, 1, %s, %s, %s,"
            " false)",
            [latency, 0 if cached else 1, cost, outcome, cached],
        )
    counted(conn)
    found = analytics("summary")["models"]
    assert {name: (each["value"], each["n"]) for name, each in found.items()} == {
        "calls": (12, 12), "unpriced": (1, 12), "cost_usd": (0.1, 12),
        "cost_of_1000_triaged": (None, 0), "cached_share": (0.0833, 12),
        "fallback_share": (0, 12), "latency_ms_median": (5.5, 10), "latency_ms_p90": (9.1, 10),
    }  # fmt: skip
    assert found["cost_of_1000_triaged"]["reason"]
    for unknown in (
        analytics("summary", priority="low")["models"],
        {"latency": analytics("summary", since="2023-01-01", until="2023-01-08")["models"][
            "latency_ms_p90"]},
    ):  # fmt: skip
        assert all(each["value"] is None and each["reason"] for each in unknown.values())


def test_corrections_are_those_of_the_filtered_tickets(conn: Connection) -> None:
    """F-L1"""
    made = [story(conn, "2024-10-22T10:00Z", priority=each) for each in ("low", "high", "high")]
    for ticket_id in (*made, None):
        conn.execute(
            "INSERT INTO corrections (ticket_id, actor, category, request_type, at)"
            " VALUES (%s, 'ann', 'c', 'r', '2024-10-23T10:00Z')",
            [ticket_id],
        )
    counted(conn)
    for query, corrected in (({}, 4), ({"priority": "high"}, 2)):
        [ann] = analytics("performance", **WINDOW, **query)["people"]
        assert ann["corrections"] == corrected


def test_an_answer_is_read_again_when_more_was_counted(conn: Connection) -> None:
    """F-L1: until then its ETag saves the work."""
    counted(conn)
    seen: dict[str, str] = {}
    for route in ("summary", "priorities", "trends", "performance"):
        first = call("GET", f"/analytics/{route}")
        seen[route] = first.headers["ETag"]
        again = call("GET", f"/analytics/{route}", headers={"If-None-Match": seen[route]})
        assert (again.status, again.body, again.headers["ETag"]) == (304, None, seen[route])
        other = call("GET", f"/analytics/{route}", query={"days": "7"},
                     headers={"If-None-Match": seen[route]})  # fmt: skip
        assert other.status == 200
    assert len({*seen.values()}) == 4
    metrics.fold(conn)
    for route, tag in seen.items():
        later = call("GET", f"/analytics/{route}", headers={"If-None-Match": tag})
        assert (later.status, later.headers["ETag"] != tag) == (200, True)


def test_an_agent_sees_their_own_work_only(
    desk: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-K2"""
    monkeypatch.setenv("ANONYMOUS_ROLE", "agent")
    environment.settings.cache_clear()
    days = {"from": "2024-10-20", "to": "2024-10-30"}
    seen = call("GET", "/analytics/performance", query=days).headers["ETag"]
    assert analytics("performance", **WINDOW)["people"] == []
    monkeypatch.setenv("ANONYMOUS_ROLE", "admin")
    environment.settings.cache_clear()
    admins = call("GET", "/analytics/performance", query=days, headers={"If-None-Match": seen})
    assert admins.status == 200 and admins.body["people"]
    monkeypatch.setenv("ANONYMOUS_ROLE", "customer")
    environment.settings.cache_clear()
    assert call("GET", "/analytics/summary").status == 403


@pytest.mark.usefixtures("catalog")
def test_kept_promises_are_those_that_the_clocks_of_the_tickets_say(conn: Connection) -> None:
    """F-L1"""
    made = list(_promised(conn))
    counted(conn)
    states: dict[str, list[str]] = {"resolution": [], "first_response": []}
    for ticket_id in made:
        clock = call("GET", f"/tickets/{ticket_id}/sla").body
        for target, known in states.items():
            known.append(clock[target]["state"] if clock[target] else "none")
    assert {*states["resolution"]} == {"open", "met", "breached"}
    found = analytics("summary", days="100")["figures"]
    for target, name in (("resolution", "resolution"), ("first_response", "response")):
        met, missed = (states[target].count(state) for state in ("met", "breached"))
        attained = found[f"{name}_attainment"]
        assert attained["n"] == met + missed
        assert attained["value"] == (round(met / (met + missed), 4) if met + missed else None)
        assert len(listed(attained["list"])) == met
    performed = analytics("performance", days="100")
    assert performed["durations"]["seconds_to_resolution"]["n"] == 2
    [item] = performed["promises_by_item"]
    for target, name in (("resolution", "resolution"), ("first_response", "response")):
        met, missed = (states[target].count(state) for state in ("met", "breached"))
        assert (item[f"{name}_met"], item[f"{name}_missed"]) == (met, missed)
        assert item[name]["value"] == found[f"{name}_attainment"]["value"]
        assert item[name]["list"] is None
    assert not broken().keys() & RECOUNTED


def _promised(conn: Connection) -> Iterator[UUID]:
    """Tickets of today and of a month ago; of each one open, one pending, one solved."""
    for days in (0, 30):
        for status in ("open", "pending", "solved"):
            ticket_id, run_id = arrange.accepted(conn)
            journeys.finish(conn, run_id)
            conn.execute(
                "UPDATE tickets SET created_at = created_at - make_interval(days => %s)"
                " WHERE id = %s",
                [days, ticket_id],
            )
            conn.execute(
                "UPDATE events SET at = at - make_interval(days => %s) WHERE ticket_id = %s",
                [days, ticket_id],
            )
            change = {"priority": "critical"} if status == "open" else {"status": status}
            answer = patch(ticket_id, {**change, "version": _version(conn, ticket_id)})
            assert answer.status == 200, answer.body
            yield ticket_id


def _version(conn: Connection, ticket_id: UUID) -> int:
    row = conn.execute("SELECT version FROM tickets WHERE id = %s", [ticket_id]).fetchone()
    return int(row["version"])


@pytest.mark.usefixtures("catalog")
def test_an_assignment_is_a_response_measured_at_once(conn: Connection) -> None:
    """F-L1"""
    ticket_id, run_id = arrange.accepted(conn)
    journeys.finish(conn, run_id)
    patch(ticket_id, {"assignee": "ann", "version": _version(conn, ticket_id)})
    metrics.fold(conn)
    found = analytics("performance")
    assert found["durations"]["seconds_to_response"]["n"] == 1
    assert found["durations"]["seconds_to_triage"]["n"] == 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"days": "0"}, ["days"]),
        ({"days": "367"}, ["days"]),
        ({"from": "2024-13-01"}, ["from"]),
        ({"from": "0001-01-01", "to": "0001-02-01"}, ["from", "to"]),
        ({"to": "0001-01-01"}, ["to"]),
        ({"to": "9999-12-31"}, ["to"]),
        ({"from": "9999-12-30", "to": "9999-12-31"}, ["from", "to"]),
        ({"from": "1700000000"}, ["from"]),
        ({"from": "2024-01-02", "to": "2024-01-02"}, ["to"]),
        ({"from": "2020-01-01"}, ["from"]),
        ({"from": "2024-01-01", "days": "3"}, ["days"]),
        ({"since": "2024-01-01"}, ["since"]),
        ({"status": "lost", "colour": "red"}, ["status", "colour"]),
    ],
)
def test_a_wrong_parameter_is_named(
    conn: Connection, query: dict[str, str], names: list[str]
) -> None:
    """F-L1"""
    for route in ("summary", "priorities", "trends", "performance"):
        answer = call("GET", f"/analytics/{route}", query=query)
        assert (answer.status, sorted(pointers(answer))) == (400, sorted(names))


@pytest.mark.parametrize("window", [{"to": "1970-01-01"}, {"to": "2999-12-31", "days": "366"}])
def test_the_first_and_the_last_day_have_figures(conn: Connection, window: dict[str, Any]) -> None:
    """F-L1"""
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        counted(conn, zone)
        for route in ("summary", "priorities", "trends", "performance"):
            assert analytics(route, **window)["time_zone"] == zone


def test_a_figure_needs_both_of_its_moments(conn: Connection) -> None:
    """F-L1"""
    answer = call("GET", "/tickets", query={"figure": "created"})
    assert (answer.status, pointers(answer)) == (400, ["figure_from", "figure_to"])


def test_tickets_of_before_the_facts_are_counted_afterwards(conn: Connection) -> None:
    """F-L1"""
    for _ in range(3):
        arrange.accepted(conn)
    conn.execute("UPDATE metric_watermark SET folded_before = pg_current_xact_id()")
    conn.execute("UPDATE analytics_state SET unfilled = (SELECT id FROM tickets"
                 " ORDER BY id DESC LIMIT 1)")  # fmt: skip
    metrics.fold(conn)
    before = analytics("summary")
    assert (before["complete"], figures(before)["created"]) == (False, 0)
    facts.fill(conn, 60)
    after = analytics("summary")
    assert (after["complete"], figures(after)["created"]) == (True, 3)
