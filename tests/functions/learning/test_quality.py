"""GET /analytics/quality equals what is computed by hand."""

from typing import Any

import pytest

from deskhand.settings import environment
from deskhand.store import corrections
from deskhand.store.connection import Connection
from deskhand.store.corrections import Said
from tests import arrange
from tests.functions.learning.old_tickets import ask, history, import_rows, learn, row

PATH = "/analytics/quality"


def judged(
    conn: Connection, said: str, predicted: str | None, confidence: float, **more: Any
) -> None:
    row = {
        "said": said,
        "predicted": predicted,
        "confidence": confidence,
        "unattended": confidence >= 0.8,
        "priority": None,
        "predicted_priority": "low",
        "provider": "offline",
        "ticket_id": None,
        "days": 0,
        **more,
    }
    conn.execute(
        """
        INSERT INTO corrections (ticket_id, actor, category, request_type, priority,
            predicted_category, predicted_request_type, predicted_priority, confidence, unattended,
            provider, model, at)
        VALUES (%(ticket_id)s, 'a', 'c', %(said)s, %(priority)s,
            CASE WHEN %(predicted)s::text IS NOT NULL THEN 'c' END, %(predicted)s,
            %(predicted_priority)s, %(confidence)s, %(unattended)s, %(provider)s, 'm',
            now() - make_interval(days => %(days)s))
        """,
        row,
    )


def quality(**query: str) -> dict[str, Any]:
    several = {name: [value] for name, value in query.items()}
    status, answer = ask(
        "quality", PATH, queryStringParameters=query, multiValueQueryStringParameters=several
    )
    assert status == 200, answer
    return dict(answer)


def test_accuracy_coverage_and_calibration(conn: Connection) -> None:
    """F-G3 F-G9 F-L1"""
    for _ in range(10):
        judged(conn, "x", "x", 0.95)
        judged(conn, "x", "y", 0.91)
        judged(conn, "x", "x", 0.85, priority="low")
        judged(conn, "x", "y", 0.25, provider="openai", priority="high")
    judged(conn, "x", None, 0.5)  # nothing had been predicted
    judged(conn, "x", "x", 1.0, days=100)  # too old
    found = quality()
    assert (found["judged"], found["accuracy"], found["reason"]) == (40, 0.5, None)
    # As computed by hand: 0.5 -+ 1.96 * sqrt(0.25 / 40 + 3.8415 / 6400), over 1 + 3.8415 / 40.
    assert found["interval"] == {"from": 0.352, "to": 0.648}
    assert (found["unattended"]["judged"], found["unattended"]["accuracy"]) == (30, 0.6667)
    assert (found["priorities"]["judged"], found["priorities"]["accuracy"]) == (20, 0.5)
    assert found["calibration"] == [
        {"from": 0.2, "judged": 10, "confidence": 0.25, "accuracy": 0},
        {"from": 0.8, "judged": 10, "confidence": 0.85, "accuracy": 1},
        {"from": 0.9, "judged": 20, "confidence": 0.93, "accuracy": 0.5},
    ]
    assert found["calibration_error"] == pytest.approx((0.25 + 0.15 + 2 * 0.43) / 4)
    assert [(p["provider"], p["judged"], p["accuracy"]) for p in found["providers"]] == [
        ("offline", 30, 0.6667), ("openai", 10, None)
    ]  # fmt: skip
    [category] = found["categories"]
    assert (category["category"], category["judged"], category["accuracy"]) == ("c", 40, 0.5)
    assert (category["unattended"]["judged"], category["unattended"]["accuracy"]) == (30, 0.6667)
    assert quality(days="365")["judged"] == 41


def test_few_judgements_are_no_accuracy(conn: Connection) -> None:
    """F-L1: below twenty the share is unknown, and says why."""
    for _ in range(19):
        judged(conn, "x", "x", 0.95)
    few = quality()
    assert (few["judged"], few["accuracy"], few["interval"]) == (19, None, None)
    assert few["reason"] == "fewer than 20 were judged by people"
    judged(conn, "x", "x", 0.95)
    enough = quality()
    # All right, and still not certain: the lower end is 20 / (20 + 3.8415).
    assert (enough["accuracy"], enough["interval"]) == (1, {"from": 0.8389, "to": 1})


def test_filters_of_the_list_select_the_judgements(conn: Connection) -> None:
    """F-L1"""
    low, high = (arrange.accepted(conn)[0] for _ in range(2))
    conn.execute("UPDATE tickets SET priority = 'low' WHERE id = %s", [low])
    judged(conn, "x", "x", 0.95, ticket_id=low, priority="low")
    judged(conn, "x", "y", 0.25, ticket_id=high, provider="openai")
    found = quality(priority="low")
    assert (found["judged"], found["priorities"]["judged"]) == (1, 1)
    assert [each["from"] for each in found["calibration"]] == [0.9]
    assert [each["provider"] for each in found["providers"]] == ["offline"]
    assert quality()["judged"] == 2
    assert quality(priority="critical")["judged"] == 0


def _share(found: dict[str, Any]) -> float | None:
    """The share that was right, of few judgements too."""
    tenths = found["calibration"]
    whole = sum(each["judged"] for each in tenths)
    return sum(each["judged"] * each["accuracy"] for each in tenths) / whole if whole else None


def test_the_last_word_on_a_ticket_counts(conn: Connection) -> None:
    ticket = arrange.accepted(conn)[0]
    judged(conn, "y", "x", 0.9, ticket_id=ticket)
    judged(conn, "x", "x", 0.9, ticket_id=ticket)
    found = quality()
    assert (found["judged"], _share(found)) == (1, 1)


def test_the_last_word_on_a_priority_counts_though_the_pair_was_corrected_later(
    conn: Connection,
) -> None:
    for _ in range(20):
        ticket = arrange.accepted(conn)[0]
        judged(conn, "x", "x", 0.9, ticket_id=ticket, priority="high")
        judged(conn, "x", "x", 0.9, ticket_id=ticket, priority="low")
        judged(conn, "y", "x", 0.9, ticket_id=ticket)
    found = quality()
    assert (found["judged"], found["accuracy"]) == (20, 0)
    assert (found["priorities"]["judged"], found["priorities"]["accuracy"]) == (20, 1)


def test_nothing_judged_is_no_accuracy(conn: Connection) -> None:
    found = quality()
    assert (found["judged"], found["accuracy"], found["coverage"]) == (0, None, None)
    assert (found["calibration"], found["classifier"], found["training"]) == ([], None, None)


@pytest.mark.usefixtures("catalog")
def test_triaged_tickets_and_those_that_nobody_objected_to(conn: Connection) -> None:
    from functions.classify.handler import handler as classify
    from tests.functions.conftest import step_event

    for subject in ("VPN disconnects, remote access fails", "What is for lunch?"):
        run = arrange.accepted(conn, subject=subject, body="")
        classify(step_event("classify", run), None)
    conn.execute("UPDATE tickets SET status = 'solved', title = 't'")
    arrange.accepted(conn)
    found = quality()
    assert (found["triaged"], found["coverage"], found["uncontested"]) == (2, 0, 2)


@pytest.mark.usefixtures("catalog")
def test_what_passes_before_it_is_measured_is_counted(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-G7: an operator who lets it pass sees what it costs."""
    from functions.classify.handler import handler as classify
    from tests.functions.conftest import step_event

    assert quality()["unmeasured_confidence"] is None
    monkeypatch.setenv("UNMEASURED_CONFIDENCE", "0.5")
    environment.settings.cache_clear()
    vpn = "VPN disconnects, remote access fails"
    for subject, pair in ((vpn, ("Network", "VPN access")), (vpn, ("Workplace", "Monitor"))):
        run = arrange.accepted(conn, subject=subject, body="")
        classify(step_event("classify", run), None)
        corrections.record(conn, run[0], Said("a", *pair, None))
    found = quality()
    assert (found["unmeasured_confidence"], found["coverage"]) == (0.5, 1)
    assert found["unattended"]["judged"] == 2
    rows = conn.execute('SELECT "right" FROM judgements WHERE unattended ORDER BY at').fetchall()
    assert [each["right"] for each in rows] == [True, False]


@pytest.mark.usefixtures("catalog")
def test_the_classifier_shows_what_the_wanted_precision_buys(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUTING_PRECISION", "0.99")
    environment.settings.cache_clear()
    import_rows(history(80))
    learn()
    conn.execute(
        "INSERT INTO classifiers (through, examples, progress, lease_until)"
        " VALUES (1, 90, 0.25, now())"
    )
    found = quality()
    assert (found["classifier"]["examples"], found["classifier"]["precision"]) == (80, 0.99)
    # Eighty tickets were tried: even all of them right prove less than 99 %.
    assert found["classifier"]["coverage"] == 0
    assert (found["training"]["examples"], found["training"]["progress"]) == (90, 0.25)
    monkeypatch.setenv("ROUTING_PRECISION", "0.9")
    environment.settings.cache_clear()
    found = quality()
    assert found["classifier"]["coverage"] > 0.9
    curve = found["classifier"]["routing"]
    assert [point["coverage"] for point in curve] == sorted(
        (point["coverage"] for point in curve), reverse=True
    )


@pytest.mark.parametrize(
    ("right", "wrong", "kept"), [(19, 0, None), (18, 2, True), (15, 5, False), (180, 20, False)]
)
def test_a_promise_that_is_broken_lately_is_said(
    conn: Connection, right: int, wrong: int, kept: bool | None
) -> None:
    """F-G10: a little below the wanted share may be chance; what is older or was reviewed does not
    count."""
    for _ in range(right):
        judged(conn, "x", "x", 0.9)
    for _ in range(wrong):
        judged(conn, "x", "y", 0.9)
    judged(conn, "x", "y", 0.9, days=29)
    judged(conn, "x", "y", 0.5)
    found = quality()["promise"]
    assert (found["judged"], found["precision"], found["kept"]) == (right + wrong, 0.95, kept)


@pytest.mark.usefixtures("catalog")
def test_an_import_with_dates_is_tried_by_time(conn: Connection) -> None:
    """F-G10: whoever writes no date, or one that can be read two ways, is imported all the same."""
    rows = [
        {**each, "created_at": f"2026-0{1 + n // 28}-{1 + n % 28:02}T10:00:00Z"}
        for n, each in enumerate(history(110))
    ]
    rows += [{**row("vpn", 900), "created_at": said} for said in ("01/02/2026", "soon")]
    rows[-1]["external_id"] = "vpn-901"
    assert import_rows(rows)[1]["rejected"] == 0
    learn()
    found = quality()["classifier"]["by_time"]
    assert (found["tried"], found["counts"], found["since"][:10]) == (22, False, "2026-04-05")
    stored = "SELECT count(*) AS n FROM examples WHERE happened_at IS NULL"
    assert conn.execute(stored).fetchone() == {"n": 2}


@pytest.mark.parametrize(
    "query", [{"days": "0"}, {"days": "x"}, {"weeks": "1"}, {"status": "lost"}]
)
def test_wrong_parameters(query: dict[str, str], conn: Connection) -> None:
    several = {name: [value] for name, value in query.items()}
    status, problem = ask("quality", PATH, multiValueQueryStringParameters=several)
    assert status == 400
    assert [error["pointer"] for error in problem["errors"]] == list(query)


def test_customers_do_not_see_it(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-K2"""
    monkeypatch.setenv("ANONYMOUS_ROLE", "customer")
    environment.settings.cache_clear()
    assert ask("quality", PATH)[0] == 403
