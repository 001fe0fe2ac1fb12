"""`make eval`: the quality of triage on public sets, beside baselines and goal lines."""

import importlib
import os
import pkgutil
import sys
from types import ModuleType

from rich.console import Console

from embedded import values
from embedded.errors import EmbeddedError
from tests.eval import tasks
from tests.eval.figures import Figure, table
from tests.eval.sets import SetMissing


def main() -> int:
    """Prints the figures of all tasks, or of those named in ONLY; 1 when a goal is missed."""
    console = Console(width=110)
    missed: list[Figure] = []
    for name, task in _wanted():
        try:
            with console.status(f"{name} ..."):
                figures = list(task.measure())
        except SetMissing as missing:
            console.print(f"[yellow]{name}: {missing}")
            continue
        console.print(table(name, task.__doc__ or "", figures))
        missed += [figure for figure in figures if figure.reached is False]
    console.print(f"{len(missed)} goals missed" if missed else "every goal is reached")
    return 1 if missed else 0


def _wanted() -> list[tuple[str, ModuleType]]:
    """The modules of `tests/eval/tasks`, each with a `measure` that yields figures."""
    every = sorted(module.name for module in pkgutil.iter_modules(tasks.__path__))
    try:
        wanted = values.several("ONLY", every, os.environ.get("ONLY", ""))
    except EmbeddedError as error:
        sys.exit(f"eval: {error}")
    return [(name, importlib.import_module(f"{tasks.__name__}.{name}")) for name in wanted]


if __name__ == "__main__":
    sys.exit(main())
