"""`make bench`: every figure beside its floor, both measured in this run."""

from rich.console import Console

from tests.bench import imports, ingest, sizes


def main() -> None:
    """Prints all tables."""
    console = Console(width=100)
    for part in (ingest, imports, sizes):
        with console.status(f"{part.__name__.rsplit('.', 1)[-1]} ..."):
            table = part.measure()
        console.print(table)


if __name__ == "__main__":
    main()
