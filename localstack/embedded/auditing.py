"""Audits a file of old tickets on the running stack: shows how it is read, then what was found."""

import gzip
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from deskhand.audits.summary import SUMMARY
from embedded.download import download
from embedded.errors import EmbeddedError
from embedded.posting import reasons

_PATH = "/attribution/audits"
_BYTES = 4 * 1024 * 1024
_SHOWN = ("external_id", "subject", "category", "request_type", "created_at", "solved_at")
_WIDTH = 48
_PAUSE = 1.0
# The worker looks once a minute, may take a quarter of an hour, and is tried twice.
_LONGEST = 40 * 60


def audit_file(
    base_url: str, token: str, path: Path, console: Console, parameters: dict[str, str]
) -> dict[str, Any]:
    """Return the finished audit of a file; raise EmbeddedError for what is missing or wrong."""
    content = _content(path)
    headers = {"Authorization": f"Bearer {token}"}
    client = httpx.Client(base_url=base_url, headers=headers, timeout=60, trust_env=False)
    with client, _told():
        tried = _post(client, content, {**parameters, "dry_run": "true"})
        show_reading(console, tried)
        if tried["problems"]:
            raise EmbeddedError("\n".join(_questions(tried["problems"])))
        return _wait(client, _post(client, content, parameters), console)


def show_reading(console: Console, tried: dict[str, Any]) -> None:
    """Print which column is which field, and the first rows."""
    source = tried["source"]
    looks = f", like an export of {source['system']}" if source["system"] else ""
    console.print(f"{source['format'].upper()}{looks}: {source['tickets']:,} tickets", markup=False)
    for note in source["notes"]:
        console.print(note, markup=False)
    columns = Table("field", "column", "dates", title="how the file is read")
    for field, column in source["mapping"].items():
        dates = source["dates"].get(field, {})
        said = f"{dates['form']} ({dates['evidence']})" if dates.get("evidence") else ""
        columns.add_row(field, _cell(column), _cell(said))
    console.print(columns)
    rows = Table(*_SHOWN, title="the first rows")
    for row in tried["rows"]:
        rows.add_row(*(_cell(row[name]) for name in _SHOWN))
    console.print(rows)


def load_workbook(base_url: str, token: str, audit_id: str, path: Path) -> Path:
    """Load the spreadsheet of a finished audit into a new file; return its path."""
    headers = {"Authorization": f"Bearer {token}"}
    client = httpx.Client(base_url=base_url, headers=headers, timeout=60, trust_env=False)
    with _told(), client:
        download(client, f"{_PATH}/{audit_id}/file", path)
    return path


def show_findings(console: Console, audit: dict[str, Any]) -> None:
    """Print the counts, and the most worthwhile misroutes."""
    summary = audit["result"]["summary"]
    counts = Table("finding", "value", title="what was found")
    for name, words in SUMMARY.items():
        value = summary[name]
        counts.add_row(words, "-" if value is None else _cell(value))
    console.print(counts)
    table = Table("ticket", "subject", "stored", "predicted", "gain", title="likely misroutes")
    for row in audit["result"]["misroutes"][:10]:
        stored = f"{row['category']} / {row['request_type']}"
        predicted = f"{row['predicted_category']} / {row['predicted_request_type']}"
        cells = (row["external_id"], row["subject"], stored, predicted)
        table.add_row(*map(_cell, cells), f"{row['expected_gain']:.2f}")
    if table.row_count:
        console.print(table)


def _content(path: Path) -> bytes:
    """The file packed, unless it is packed already."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EmbeddedError(f"{path} cannot be read: {error.strerror}") from None
    packed = content if content[:2] in (b"PK", b"\x1f\x8b") else gzip.compress(content)
    if len(packed) > _BYTES:
        size = _BYTES // 1024**2
        raise EmbeddedError(f"{path} has more than {size} MiB when it is packed: split it")
    return packed


def _post(client: httpx.Client, content: bytes, parameters: dict[str, str]) -> dict[str, Any]:
    headers = {"Content-Type": "application/octet-stream"}
    answer = client.post(_PATH, params=parameters, content=content, headers=headers)
    if answer.status_code not in (httpx.codes.OK, httpx.codes.ACCEPTED):
        raise EmbeddedError("\n".join(reasons(answer)))
    document: dict[str, Any] = answer.json()
    return document


def _questions(problems: list[dict[str, str]]) -> Iterator[str]:
    for problem in problems:
        yield f"{problem['pointer']}: {problem['detail']}".lstrip(": ")
    yield """answer with MAPPING='{"category": "Queue"}' or DATES=day"""


def _wait(client: httpx.Client, audit: dict[str, Any], console: Console) -> dict[str, Any]:
    end = time.monotonic() + _LONGEST
    with Progress(console=console) as progress:
        bar = progress.add_task("audit", total=1.0)
        while audit["status"] in ("waiting", "running"):
            if time.monotonic() > end:
                raise EmbeddedError(f"audit {audit['id']} has not ended: see `make logs F=audit`")
            time.sleep(_PAUSE)
            audit = client.get(f"{_PATH}/{audit['id']}").raise_for_status().json()
            progress.update(bar, completed=audit["progress"])
    if audit["status"] == "failed":
        raise EmbeddedError(f"the audit failed: {audit['error']}")
    return audit


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, json.JSONDecodeError) as error:
        raise EmbeddedError(f"the API does not answer: {type(error).__name__}") from None


def _cell(value: object) -> str:
    """A text for a cell, in one line and without markup."""
    text = " ".join(str("" if value is None else value).split()).replace("[", r"\[")
    return text if len(text) <= _WIDTH else text[:_WIDTH] + "…"
