"""Word lists and patterns as functions load them: JSON beside each TOML file that people edit.

`make reference` writes it. JSON is read in a fraction of the time, without a parser written in
Python, and nearly every function needs some words.
"""

import json
import tomllib
from pathlib import Path

PACKAGE = Path("layers/deskhand/deskhand")


def sources() -> list[Path]:
    """The TOML files that have a JSON file beside them."""
    return sorted(PACKAGE.rglob("*.toml"))


def compiled(source: Path) -> str:
    """The text of the JSON file."""
    lists = tomllib.loads(source.read_text("utf-8"))
    return json.dumps(lists, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for source in sources():
        source.with_suffix(".json").write_text(compiled(source), "utf-8")
