"""Starts LocalStack with two corrections that must be made before it loads; run by LocalStack's
interpreter.
"""

# The interpreter is LocalStack's: the type checker sees neither twisted nor LocalStack's classes.
import runpy
from functools import partial

from localstack.services.s3.storage import ephemeral
from twisted.internet import endpoints  # type: ignore[import-not-found]

# LocalStack's default server ignores the host of GATEWAY_LISTEN and binds every interface. But a
# client of the gateway may create a function, that is: run any program as this user.
endpoints.TCP4ServerEndpoint = partial(endpoints.TCP4ServerEndpoint, interface="127.0.0.1")


class OwnObjects(ephemeral.EphemeralS3ObjectStore):  # type: ignore[misc]
    """Stores objects below TMPDIR: all users' instances share the fixed place in /tmp."""

    def __init__(self, root_directory: str | None = None) -> None:
        super().__init__()


ephemeral.EphemeralS3ObjectStore = OwnObjects

runpy.run_module("localstack.runtime.main", run_name="__main__", alter_sys=True)
