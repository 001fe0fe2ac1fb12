"""A measured figure beside what others reach and what we promise."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One measured value; a `goal` is a floor, or with `at_most` a ceiling."""

    name: str
    value: float
    goal: float | None = None
    at_most: bool = False
    baselines: Mapping[str, float] = field(default_factory=dict)

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached at the precision shown; None without a goal."""
        if self.goal is None:
            return None
        shown = round(self.value, 3)
        return shown <= self.goal if self.at_most else shown >= self.goal


def table(name: str, title: str, figures: Iterable[Figure]) -> Table:
    """The figures of one task, a row each."""
    made = Table(title=f"{name}: {title.splitlines()[0].rstrip('.')}", title_justify="left")
    for column in ("", "here", "goal", "", "baselines"):
        made.add_column(column, justify="right" if column in ("here", "goal") else "left")
    for figure in figures:
        sign = "" if figure.goal is None else f"{'≤' if figure.at_most else '≥'} {figure.goal:g}"
        verdict = {None: "", True: "[green]reached", False: "[red]missed"}[figure.reached]
        others = ", ".join(f"{who} {value:g}" for who, value in figure.baselines.items())
        made.add_row(figure.name, _shown(figure.value), sign, verdict, others)
    return made


def _shown(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.0f}"
