"""Dashboards and alerts ask for what the code emits, and for all of it."""

import re
from pathlib import Path

import pytest

from deskhand.operations.metric_families import FAMILIES, Family
from observe.__main__ import FOLDER, files
from tests.contract import queries

SAMPLES: dict[str, Family] = {sample: family for family in FAMILIES for sample in family.samples}
# What Prometheus and the pushgateway add.
OF_ALL = {"stack", "job"}
PUSHED = "push_time_seconds"
EXPRESSIONS = [
    *queries.panels(),
    *((rule["alert"], rule["expr"]) for rule in queries.rules()),
]


def test_the_dashboards_are_what_the_code_makes() -> None:
    """F-M3: `make dashboards` changes nothing."""
    assert {path.name: path.read_text() for path in FOLDER.iterdir()} == files()


@pytest.mark.parametrize(("place", "query"), EXPRESSIONS)
def test_a_query_reads_what_is_emitted(place: str, query: str) -> None:
    """F-M3: names, labels, and values that a label can have."""
    read: set[str] = set()
    for selector in queries.selectors(query):
        if selector.name == PUSHED:
            read |= {"job"}
            continue
        family = SAMPLES[selector.name]
        known = {**family.labels, **(family.known or {}), **({"le": ()} if family.buckets else {})}
        read |= known.keys()
        if family.buckets:
            known["le"] = tuple(f"{bound:g}" for bound in family.buckets)
        for matcher in selector.matchers.matchers:
            if matcher.name in OF_ALL:
                continue
            values = known[matcher.name]
            pattern = re.compile(matcher.value)
            assert any(pattern.fullmatch(value) for value in values), (place, matcher.name)
    assert set(queries.labels(query)) <= read | OF_ALL, place


def test_every_metric_is_shown_or_alerts() -> None:
    """F-M3"""
    read = {s.name for _, query in EXPRESSIONS for s in queries.selectors(query)}
    unused = {family.name for family in FAMILIES if not family.samples & read}
    assert unused == set()


def test_every_alert_says_how_bad_it_is_and_what_to_do() -> None:
    """F-M3 F-M6: its runbook is a section of docs/OPERATE.md."""
    headings = re.findall(r"^#+ (.+)$", Path("docs/OPERATE.md").read_text(), re.MULTILINE)
    anchors = {
        f"docs/OPERATE.md#{re.sub(r'[^a-z0-9 -]', '', h.lower()).replace(' ', '-')}"
        for h in headings
    }
    for rule in queries.rules():
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["runbook"] in anchors, rule["alert"]


def test_no_window_is_shorter_than_some_pushes() -> None:
    """F-M6: metrics arrive once a minute."""
    for rule in queries.rules():
        for number, unit in re.findall(r"\[(\d+)([smhdw])\]", rule["expr"]):
            assert unit in "hdw" or (unit == "m" and int(number) >= 5), rule["alert"]
