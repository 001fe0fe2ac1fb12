"""Rows of graphs and figures, and how they become a dashboard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import prometheus, stat, timeseries
from grafana_foundation_sdk.models.dashboard import Dashboard, DataSourceRef, VariableRefresh

# Every query is about the chosen stacks.
STACK = 'stack=~"$stack"'
_SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")
_WIDTHS = {"figure": 4, "graph": 8}


@dataclass(frozen=True)
class Figure:
    """One number, with its past behind it."""

    title: str
    expression: str
    unit: str = "short"
    description: str = ""


@dataclass(frozen=True)
class Graph:
    """Lines over time: the expressions by their legend."""

    title: str
    expressions: Mapping[str, str]
    unit: str = "short"
    description: str = ""


type Panel = Figure | Graph


@dataclass(frozen=True)
class Board:
    """A dashboard: rows of panels by the title of the row."""

    uid: str
    title: str
    rows: Mapping[str, Sequence[Panel]]


def per_second(name: str, by: str = "", **labels: str) -> str:
    """The rate of a counter, added up over all labels but `by`."""
    return f"{_sum(by)} (rate({_series(name, labels)}[$__rate_interval]))"


def in_range(name: str, by: str = "", **labels: str) -> str:
    """The increase of a counter in the time that is shown."""
    return f"{_sum(by)} (increase({_series(name, labels)}[$__range]))"


def now(name: str, by: str = "", **labels: str) -> str:
    """A gauge, added up over all labels but `by`."""
    return f"{_sum(by)} ({_series(name, labels)})"


def rates(
    title: str, name: str, by: str, unit: str = "ops", description: str = "", **labels: str
) -> Graph:
    """The rate of a counter as a line for each value of the labels `by`."""
    return Graph(title, {_legend(by): per_second(name, by, **labels)}, unit, description)


def values(title: str, name: str, by: str) -> Graph:
    """A gauge as a line for each value of the labels `by`."""
    return Graph(title, {_legend(by): now(name, by)})


def quantiles(title: str, name: str, by: str, share: float, **labels: str) -> Graph:
    """A quantile of a histogram as a line for each value of the labels `by`."""
    return Graph(title, {_legend(by): quantile(share, name, by, **labels)}, "s")


def greatest(name: str) -> str:
    """The greatest value of a gauge."""
    return f"max ({_series(name, {})})"


def quantile(share: float, name: str, by: str = "", **labels: str) -> str:
    """An estimated quantile of a histogram; there are few buckets, so it is coarse."""
    of = per_second(f"{name}_bucket", by=f"{by}, le" if by else "le", **labels)
    return f"histogram_quantile({share}, {of})"


def _legend(by: str) -> str:
    return " ".join(f"{{{{{label}}}}}" for label in by.split(", "))


def _sum(by: str) -> str:
    return f"sum by ({by})" if by else "sum"


def _series(name: str, labels: Mapping[str, str]) -> str:
    wanted = ", ".join([STACK, *(f'{label}=~"{value}"' for label, value in labels.items())])
    return f"{name}{{{wanted}}}"


def dashboard(board: Board) -> Dashboard:
    """Return the dashboard as Grafana knows it."""
    made = (
        build.Dashboard(board.title)
        .uid(board.uid)
        .tags(["deskhand"])
        .refresh("1m")
        .time("now-6h", "now")
        .timezone("browser")
        .with_variable(build.DatasourceVariable("source").label("data source").type("prometheus"))
        .with_variable(
            build.QueryVariable("stack")
            .query("label_values(build_info, stack)")
            .datasource(_SOURCE)
            .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
            .multi(True)
            .include_all(True)
            .all_value(".*")
        )
    )
    for title, panels in board.rows.items():
        made = made.with_row(build.Row(title))
        for panel in panels:
            made = made.with_panel(_figure(panel) if isinstance(panel, Figure) else _graph(panel))
    return made.build()


def _figure(figure: Figure) -> stat.Panel:
    return (
        stat.Panel()
        .title(figure.title)
        .description(figure.description)
        .unit(figure.unit)
        .datasource(_SOURCE)
        .span(_WIDTHS["figure"])
        .height(5)
        .with_target(_query(figure.expression, "A"))
    )


def _graph(graph: Graph) -> timeseries.Panel:
    panel = (
        timeseries.Panel()
        .title(graph.title)
        .description(graph.description)
        .unit(graph.unit)
        .min(0)
        .datasource(_SOURCE)
        .span(_WIDTHS["graph"])
        .height(8)
    )
    for number, (legend, expression) in enumerate(graph.expressions.items()):
        panel = panel.with_target(_query(expression, chr(ord("A") + number)).legend_format(legend))
    return panel


def _query(expression: str, letter: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expression).ref_id(letter)
