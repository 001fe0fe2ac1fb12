"""Old tickets from a file into the running stack, in chunks, and on after an interruption."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from itertools import batched, islice
from pathlib import Path
from typing import Any

import httpx
from rich.progress import Progress

from embedded.errors import EmbeddedError

_ROWS = 500
_SHOWN = 20

type Row = dict[str, Any]


def rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a `.csv` file with a header, or of JSON lines; raises "file:line: why"."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            yield from _records(lines) if path.suffix == ".csv" else _objects(path, lines)
    except OSError as error:
        raise EmbeddedError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise EmbeddedError(f"{path}: {error}") from None


def import_file(base_url: str, token: str, path: Path) -> dict[str, Any]:
    """Return the import's last state; the same file goes on where it was interrupted."""
    try:
        import_id = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
    except OSError as error:
        raise EmbeddedError(f"{path} cannot be read: {error.strerror}") from None
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=base_url, headers=headers, timeout=60, trust_env=False) as client:
        return _send(client, import_id, path)


def _send(client: httpx.Client, import_id: str, path: Path) -> dict[str, Any]:
    known = client.get(f"/tickets/imports/{import_id}")
    state = known.json() if known.status_code == httpx.codes.OK else {"next_offset": 0}
    total = sum(1 for _ in rows(path))
    with Progress() as progress:
        bar = progress.add_task(path.name, total=total, completed=state["next_offset"])
        left = islice(rows(path), state["next_offset"], None)
        for chunk in batched(left, _ROWS, strict=False):
            state = _post(client, import_id, state["next_offset"], chunk)
            progress.update(bar, completed=state["next_offset"])
            for error in state["errors"][:_SHOWN]:
                progress.print(f"row {error['row']}: {error['pointer']} {error['detail']}")
    return state


def _post(client: httpx.Client, import_id: str, offset: int, chunk: Sequence[Row]) -> Any:
    body = {"import_id": import_id, "offset": offset, "rows": chunk}
    answer = client.post("/tickets/import", json=body)
    if answer.status_code != httpx.codes.OK:
        raise EmbeddedError(f"row {offset}: {answer.status_code} {answer.text[:500]}")
    return answer.json()


def _records(lines: io.TextIOWrapper) -> Iterator[Row]:
    for record in csv.DictReader(lines, strict=True):
        yield {name: value for name, value in record.items() if name and value}


def _objects(path: Path, lines: io.TextIOWrapper) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise EmbeddedError(f"{path}:{number}: not JSON: {error}") from None
        if not isinstance(row, dict):
            raise EmbeddedError(f"{path}:{number}: not a JSON object")
        yield row
