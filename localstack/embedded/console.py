"""What the commands print while they work: one line per step, to standard error."""

import os
import sys

from rich.console import Console

_WIDTH_OF_A_FILE = 170


def say(part: str, text: str) -> None:
    """Print a line about one part; standard output is only for results."""
    print(f"{part:<12} {text}", file=sys.stderr, flush=True)


def result_console() -> Console:
    """Return the console for results: as wide as the terminal, or wide in a file or a pipe."""
    told = sys.stdout.isatty() or os.environ.get("COLUMNS")
    return Console(width=None if told else _WIDTH_OF_A_FILE)
