"""Processes of their own for tests, as execution environments are, without an import for each.

They are forked from a server that has imported what they need: 16 processes that import the same
handler need 16 seconds of processor time.
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext

import pytest

from deskhand.reports.bucket import s3
from deskhand.settings.secrets_manager import secrets_manager
from tests.environment import new_environment

# A process has one such server, so all tests name the same modules.
_IMPORTED = [
    "deskhand.duplicates.detect",
    # An adapter is imported by the call that needs it.
    "deskhand.models.adapters.openai",
    "functions.auth.handler",
    "functions.build_report.handler",
    "functions.classify_batch.handler",
    "functions.fetch_requests.handler",
    "functions.ingest.handler",
    "functions.send_report.handler",
    "moto.secretsmanager.responses",
    "tests.functions.at_once",
    "tests.functions.operations.invariants",
    "tests.races",
    "tests.statemachine.attribution.killed",
]
# What handlers make when they are imported: the server's know the endpoints of the first test.
_CLIENTS = (s3, secrets_manager)


def forked() -> ForkServerContext:
    """The context that starts the processes."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    # Python 3.13.0 forgets to tell the server our path, and the server passes over what it misses.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        forkserver.ensure_running()
    return context


def take_over(variables: Mapping[str, str]) -> None:
    """Call this first in the process: the environment of the server is that of an earlier test."""
    missing = [name for name in _IMPORTED if name not in sys.modules]
    assert not missing, f"the server has not imported {missing}"
    os.environ.clear()
    os.environ.update(variables)
    for client in _CLIENTS:
        client.cache_clear()
    new_environment()
