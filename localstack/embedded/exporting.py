"""Exports a list of tickets from the running stack into a file."""

import time
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import Progress

from embedded.download import download
from embedded.errors import EmbeddedError
from embedded.posting import reasons

_PAUSE = 1.0
# The writer looks once a minute, may take a quarter of an hour, and is tried twice.
_LONGEST = 40 * 60


def export_file(
    base_url: str, token: str, path: Path, query: str, console: Console
) -> dict[str, Any]:
    """Return the finished export after its file is stored; raise EmbeddedError otherwise."""
    kind = path.suffix.removeprefix(".").lower()
    if kind not in ("csv", "xlsx"):
        raise EmbeddedError(f"FILE={path}: must end with .csv or .xlsx")
    headers = {"Authorization": f"Bearer {token}"}
    try:
        with httpx.Client(
            base_url=base_url, headers=headers, timeout=60, trust_env=False
        ) as client:
            export = _wait(client, _post(client, query, kind), console)
            download(client, f"/exports/{export['id']}/file", path)
    except httpx.HTTPError as error:
        raise EmbeddedError(f"the API does not answer: {type(error).__name__}") from None
    return export


def summary(export: dict[str, Any], path: Path) -> str:
    """What was written, in a sentence."""
    note = f" ({export['note']})" if export["note"] else ""
    return f"{path}: {export['rows']:,} tickets as {export['format'].upper()}{note}"


def _post(client: httpx.Client, query: str, kind: str) -> dict[str, Any]:
    answer = client.post("/exports", json={"query": query, "format": kind})
    if answer.status_code != httpx.codes.ACCEPTED:
        raise EmbeddedError("\n".join(reasons(answer)))
    document: dict[str, Any] = answer.json()
    return document


def _wait(client: httpx.Client, export: dict[str, Any], console: Console) -> dict[str, Any]:
    end = time.monotonic() + _LONGEST
    with Progress(console=console) as progress:
        bar = progress.add_task("export", total=None)
        while export["status"] in ("waiting", "running"):
            if time.monotonic() > end:
                hint = "see `make logs F=write_exports`"
                raise EmbeddedError(f"export {export['id']} has not ended: {hint}")
            time.sleep(_PAUSE)
            export = client.get(f"/exports/{export['id']}").raise_for_status().json()
            progress.update(bar, completed=export["written"], total=export["rows"])
    if export["status"] == "failed":
        raise EmbeddedError(f"the export failed: {export['error']}")
    return export
