"""Tickets from a file of JSON lines, a JSON array or a table, ready to be posted."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskhand.intake.submission import TicketSubmission
from embedded.errors import EmbeddedError
from embedded.importing import is_table, rows

# Column names in exports of help desks; the first one present is used.
_SUBJECT = ("subject", "title")
_BODY = ("body", "description", "text")
_PASSED_ON = [name for name in TicketSubmission.model_fields if name not in (*_SUBJECT, *_BODY)]
_CUSTOMER = "demo"
_SUBJECT_LENGTH = 100
_ACCEPTED = (
    "give JSON lines or a JSON array of objects, or a CSV or a spreadsheet with a header, "
    "with `subject` and `body` each"
)


@dataclass(frozen=True)
class Submission:
    """One request: its path and its JSON body."""

    path: str
    body: Mapping[str, Any]

    @property
    def subject(self) -> str:
        """Return a few words by which a person recognises it."""
        text = self.body.get("subject") or self.body.get("description") or ""
        return " ".join(str(text).split())[:_SUBJECT_LENGTH]


def read(path: Path) -> list[Submission]:
    """Return the tickets and incidents of a file; raise EmbeddedError "file:line: what is wrong".

    Only what cannot be posted at all is an error here. The API checks the values of fields.
    """
    found = []
    table: bool | None = None
    for row in rows(path):
        # Asked here, because `rows` says what is wrong with a file that cannot be opened.
        table = is_table(path) if table is None else table
        try:
            if row.fault:
                raise ValueError(row.fault)
            value = json.loads(row.sent)
            found.append(submission(_named(value) if table else value))
        except ValueError as error:
            place = row.line if row.unit == "line" else f" {row.place}"
            raise EmbeddedError(f"{path}:{place}: {_reason(error)}") from None
    if not found:
        raise EmbeddedError(f"{path} holds no tickets: {_ACCEPTED}")
    return found


def _named(record: dict[str, str]) -> dict[str, Any]:
    """Return a record of a table with lower-case column names, and its tags as a list."""
    row: dict[str, Any] = {name.strip().lower(): value for name, value in record.items()}
    if "tags" in row:
        row["tags"] = [tag for tag in re.split(r"[\s,;]+", row["tags"]) if tag]
    return row


def submission(row: object) -> Submission:
    """Return the request for a row; raise ValueError when the row has no text."""
    if not isinstance(row, dict):
        raise ValueError(f"not a JSON object: {_ACCEPTED}")
    subject, body = _first(row, _SUBJECT), _first(row, _BODY)
    if subject is None and body is None:
        raise ValueError("neither subject (title) nor body (description, text) is there")
    given = {name: row[name] for name in _PASSED_ON if row.get(name) is not None}
    if row.get("kind") == "incident":
        parts = [part for part in (subject, body) if part is not None]
        description = "\n\n".join(map(str, parts)) if len(parts) > 1 else parts[0]
        return Submission("/incidents", {"description": description} | given)
    subject = _first_words(body) if subject is None else subject
    ticket = {"subject": subject, "body": "" if body is None else body, "customer_id": _CUSTOMER}
    return Submission("/tickets", ticket | given)


def repeat(submissions: list[Submission], count: int | None) -> Iterator[Submission]:
    """Yield `count` submissions, repeating them when there are fewer; None yields each once."""
    return itertools.islice(itertools.cycle(submissions), count or len(submissions))


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _first_words(body: object) -> str:
    first_line = str(body).strip().split("\n", 1)[0]
    return first_line if len(first_line) <= _SUBJECT_LENGTH else first_line[:_SUBJECT_LENGTH] + "…"


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg} at character {error.pos + 1}; {_ACCEPTED}"
    return str(error)
