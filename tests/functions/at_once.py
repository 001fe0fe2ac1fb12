"""Requests that reach several execution environments at the same moment: a process for each."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from moto import mock_aws

from embedded import tokens
from tests import account
from tests.functions.gateway import Answer, call
from tests.processes import forked, take_over

type Request = tuple[str, str, Any, dict[str, Any]]  # method, path, body and the rest of `call`
type AskAtOnce = Callable[[Sequence[Request]], list[Answer]]

_SECONDS = 300
_barrier: Barrier


@contextmanager
def environments(number: int, keys: Path) -> Iterator[AskAtOnce]:
    """Asks one request in each of the environments at once; `keys` holds the signing keys."""
    context = forked()
    given = (dict(os.environ), context.Barrier(number), keys)
    with ProcessPoolExecutor(number, context, _begin, given) as pool:
        # Each takes one: it waits at the barrier until the others have theirs.
        yield lambda requests: list(pool.map(_ask, requests, timeout=_SECONDS))


def _begin(variables: dict[str, str], barrier: Barrier, keys: Path) -> None:
    global _barrier
    _barrier = barrier
    take_over(variables)
    # The account of the parent process is in its memory.
    mock_aws().start()
    os.environ["SIGNING_KEYS_SECRET_ARN"] = account.secret("keys", tokens.secret(keys))


def _ask(request: Request) -> Answer:
    method, path, body, rest = request
    _barrier.wait(_SECONDS)
    return call(method, path, body, **rest)
