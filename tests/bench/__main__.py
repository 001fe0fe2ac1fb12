"""`make bench`: every figure beside its floor, both measured in this run."""

import importlib
import os
import sys

from rich.console import Console

from embedded import values
from embedded.errors import EmbeddedError

# Imported when it is its turn: some read KEYS or TICKETS as they are loaded.
PARTS = (
    *("ingest", "posts", "races", "imports", "sizes", "wrappers", "sla", "auth"),
    *("guards", "hostile", "gate", "workflow", "throughput"),
    *("duplicates", "embedding", "learning", "audit", "report", "attribution"),
    *("lists", "analytics", "fold", "tally", "exports"),
)


def main() -> int:
    """Prints all tables, or those named in ONLY; 1 when a value is wrong."""
    try:
        names = values.several("ONLY", PARTS, os.environ.get("ONLY", ""))
        for name, example in (("KEYS", "KEYS=200"), ("TICKETS", "TICKETS=1000")):
            if given := os.environ.get(name):
                values.number(name, f"make bench {example}")(given)
    except EmbeddedError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    console = Console(width=100)
    for name in names:
        with console.status(f"{name} ..."):
            table = importlib.import_module(f"tests.bench.{name}").measure()
        console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
