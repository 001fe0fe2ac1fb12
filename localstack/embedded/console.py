"""What the commands print while they work: one line a step, to standard error."""

import sys


def say(part: str, text: str) -> None:
    """Print what happened to one part; standard output stays free for results."""
    print(f"{part:<12} {text}", file=sys.stderr, flush=True)
