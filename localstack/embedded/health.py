"""Waits until a program that was just started answers."""

import time
from collections.abc import Callable

import httpx

from embedded.daemon import Daemon
from embedded.errors import EmbeddedError


def answers(url: str) -> bool:
    """Return whether `url` answers 200 within two seconds, never through a proxy."""
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def wait(daemon: Daemon, ready: Callable[[], bool], seconds: float) -> None:
    """Wait until `ready`; raise with the end of the log when the program ends or takes too long."""
    deadline = time.monotonic() + seconds
    while not ready():
        if daemon.process is None:
            raise EmbeddedError(_story(daemon, "ended while starting"))
        if time.monotonic() > deadline:
            raise EmbeddedError(_story(daemon, f"did not answer within {seconds:.0f} s"))
        time.sleep(0.1)


def _story(daemon: Daemon, what: str) -> str:
    return (
        f"{daemon.name} {what}; the end of {daemon.log} follows; "
        f"`make down` and `make up` start afresh\n{daemon.last_words()}"
    )
