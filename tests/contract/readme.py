"""The tables of CONFIGURATION.md, made from the code: `make reference` writes them."""

from collections.abc import Iterable
from pathlib import Path

from deskhand.operations.metric_families import FAMILIES
from deskhand.settings.environment import Settings

README, TABLES = Path("README.md"), Path("CONFIGURATION.md")


def with_tables(text: str) -> str:
    """The text with its generated tables as the code has them now."""
    for name, table in (("settings", settings_table()), ("metrics", metrics_table())):
        before, start, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        text = f"{before}{start}{table}\n{end}{after}"
    return text


def settings_table() -> str:
    """Variable, default and meaning of every setting."""
    return _table(
        ("variable", "default", "meaning"),
        (
            (
                f"`{name.upper()}`",
                _default(field.default),
                field.description or "",
            )
            for name, field in Settings.model_fields.items()
        ),
    )


def _default(value: object) -> str:
    """As one would write it into the environment."""
    written = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{written}`" if value not in ("", None) else ""


def metrics_table() -> str:
    """Name, type, labels and meaning of every metric."""
    return _table(
        ("metric", "type", "labels", "meaning"),
        (
            (
                f"`{family.full_name}`",
                family.kind,
                ", ".join(f"`{label}`" for label in family.labels),
                family.meaning,
            )
            for family in FAMILIES
        ),
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


if __name__ == "__main__":
    TABLES.write_text(with_tables(TABLES.read_text()))
