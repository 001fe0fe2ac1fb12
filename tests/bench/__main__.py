"""`make bench`: every figure beside its floor, both measured in this run."""

import os

from rich.console import Console

from tests.bench import (
    auth,
    duplicates,
    embedding,
    guards,
    imports,
    ingest,
    learning,
    posts,
    races,
    sizes,
    sla,
    workflow,
    wrappers,
)

PARTS = {
    "ingest": ingest,
    "posts": posts,
    "races": races,
    "imports": imports,
    "sizes": sizes,
    "wrappers": wrappers,
    "sla": sla,
    "auth": auth,
    "guards": guards,
    "workflow": workflow,
    "duplicates": duplicates,
    "embedding": embedding,
    "learning": learning,
}


def main() -> None:
    """Prints all tables, or those named in ONLY."""
    console = Console(width=100)
    for name in (os.environ.get("ONLY") or " ".join(PARTS)).split():
        with console.status(f"{name} ..."):
            table = PARTS[name].measure()
        console.print(table)


if __name__ == "__main__":
    main()
