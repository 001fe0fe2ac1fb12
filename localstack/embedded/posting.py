"""Posts tickets to the API as a careful client does: with keys, few at a time, and with retries."""

import json
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import httpx

from embedded.tickets import Submission

_AT_ONCE = 8
_TRIES = 6
_AGAIN = {409, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Accepted:
    """A ticket that the API accepted."""

    row: int
    ticket_id: str
    run_id: int


@dataclass(frozen=True)
class Refused:
    """A row that the API refused, with the API's reasons."""

    row: int
    subject: str
    status: int
    reasons: tuple[str, ...]


def post_all(
    base_url: str, submissions: Iterable[Submission], run: str
) -> Iterator[Accepted | Refused]:
    """Yield one outcome per submission as it arrives; `run` makes the keys of a demo unique."""
    with (
        httpx.Client(base_url=base_url, timeout=30, trust_env=False) as client,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        jobs = [
            pool.submit(_post, client, row, submission, f"demo-{run}-{row}")
            for row, submission in enumerate(submissions, 1)
        ]
        yield from (job.result() for job in as_completed(jobs))


def _post(client: httpx.Client, row: int, submission: Submission, key: str) -> Accepted | Refused:
    # Escaped, because a row may hold half of a surrogate pair, which UTF-8 cannot encode.
    content = json.dumps(submission.body).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    answer: httpx.Response | None = None
    fault = "no answer"
    for pause in range(_TRIES):
        try:
            answer = client.post(submission.path, content=content, headers=headers)
        except httpx.HTTPError as error:
            fault = f"{type(error).__name__}: {error}"
        else:
            if answer.status_code not in _AGAIN:
                break
        time.sleep(0.2 * 2**pause)
    if answer is None:
        return Refused(row, submission.subject, 0, (fault,))
    return outcome(row, submission.subject, answer)


def outcome(row: int, subject: str, answer: httpx.Response) -> Accepted | Refused:
    """Return the outcome of a row for an answer of the API."""
    if answer.status_code != httpx.codes.ACCEPTED:
        return Refused(row, subject, answer.status_code, reasons(answer))
    try:
        document = answer.json()
    except ValueError:
        return Refused(row, subject, answer.status_code, (answer.text[:200],))
    ticket_id = document.get("ticket_id") or document["ticketId"]
    run_id = document.get("workflow_run_id") or document["workflowRunId"]
    return Accepted(row, ticket_id, run_id)


def reasons(answer: httpx.Response) -> tuple[str, ...]:
    """Return the API's reasons for a refusal, one per field."""
    try:
        document = answer.json()
    except ValueError:
        return (answer.text[:200] or answer.reason_phrase,)
    fields = tuple(f"{e['pointer'] or 'body'}: {e['detail']}" for e in document.get("errors", ()))
    told = document.get("detail") or document.get("message") or answer.reason_phrase
    return fields or (str(told),)
