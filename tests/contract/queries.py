"""Every query of the dashboards and the rules, and what it asks for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser as promql
import yaml

from embedded.prometheus import RULES

DASHBOARDS = Path("localstack/observe/dashboards")
# Grafana's own variables, with a value that a query may have.
_VARIABLES = {"$stack": ".*", "$__rate_interval": "5m", "$__range": "1h"}


def panels() -> list[tuple[str, str]]:
    """Each panel's place and query, as Grafana would send it."""
    found = []
    for path in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                query = target["expr"]
                for name, value in _VARIABLES.items():
                    query = query.replace(name, value)
                found.append((f"{path.stem}: {panel['title']}", query))
    return found


def rules() -> list[dict[str, Any]]:
    """Every rule of Prometheus."""
    return [
        rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    ]


def selectors(query: str) -> Iterator[promql.VectorSelector]:
    """What the query reads: a metric with its labels."""
    yield from _selectors(promql.parse(query))


def labels(query: str) -> Iterator[str]:
    """The labels that the query groups by."""
    yield from _groups(promql.parse(query))


def _inner(node: Any) -> Iterator[Any]:
    for name in ("expr", "lhs", "rhs", "vector_selector"):
        if (child := getattr(node, name, None)) is not None:
            yield child
    yield from getattr(node, "args", ())


def _selectors(node: Any) -> Iterator[promql.VectorSelector]:
    if isinstance(node, promql.VectorSelector):
        yield node
    for child in _inner(node):
        yield from _selectors(child)


def _groups(node: Any) -> Iterator[str]:
    if isinstance(node, promql.AggregateExpr) and node.modifier:
        yield from node.modifier.labels
    for child in _inner(node):
        yield from _groups(child)
