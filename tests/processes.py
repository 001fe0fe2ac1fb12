"""Processes of their own for tests, as execution environments are, without an import for each.

They are forked from a server that has imported what they need: 16 processes that import the same
handler need 16 seconds of processor time.
"""

import multiprocessing
import os
from collections.abc import Mapping
from multiprocessing.context import ForkServerContext

from tests.environment import new_environment

# A process has one such server, so all tests name the same modules.
_IMPORTED = [
    "deskhand.duplicates.detect",
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


def forked() -> ForkServerContext:
    """The context that starts the processes."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    return context


def take_over(variables: Mapping[str, str]) -> None:
    """Call this first in the process: the environment of the server is that of an earlier test."""
    os.environ.clear()
    os.environ.update(variables)
    new_environment()
