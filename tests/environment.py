"""A new execution environment of a function: what modules keep is forgotten.

All but the clients of AWS, which are the same in each: to make them takes longer than most tests.
"""

from deskhand.accounts import signing
from deskhand.api import bearer
from deskhand.api.tally import TALLY
from deskhand.settings import environment, secrets_manager
from deskhand.store import connection

_KEPT = (
    environment.settings,
    connection.database_url,
    bearer._keys,
    signing._signing_key,
)


def new_environment() -> None:
    """Settings, keys and the connection are made anew when they are needed next."""
    connection.close()
    TALLY.forget()
    secrets_manager.forget()
    for made in _KEPT:
        made.cache_clear()
