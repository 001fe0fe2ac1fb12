"""A new execution environment of a function: what modules keep is forgotten."""

from deskhand.accounts import signing
from deskhand.api import bearer
from deskhand.api.tally import TALLY
from deskhand.catalog import source
from deskhand.escalation import topic
from deskhand.intake import queue
from deskhand.reports import bucket
from deskhand.settings import environment, secrets_manager
from deskhand.store import connection
from deskhand.workflow import executions

_KEPT = (
    environment.settings,
    connection.database_url,
    bearer._keys,
    signing._signing_key,
    secrets_manager.secrets_manager,
    queue.sqs,
    executions.step_functions,
    topic.sns,
    source.s3,
    bucket.s3,
)


def new_environment() -> None:
    """Settings, clients, keys and the connection are made anew when they are needed next."""
    connection.close()
    TALLY.forget()
    secrets_manager.forget()
    for made in _KEPT:
        made.cache_clear()
