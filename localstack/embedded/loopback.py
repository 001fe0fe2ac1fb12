"""Starts LocalStack with its gateway on the loopback interface; run by LocalStack's interpreter.

LocalStack's default server ignores the host of GATEWAY_LISTEN and binds every interface. Whoever
reaches the gateway may create a function, that is: run any program as this user.
"""

import functools
import runpy

from twisted.internet import endpoints  # type: ignore[import-not-found]

endpoints.TCP4ServerEndpoint = functools.partial(
    endpoints.TCP4ServerEndpoint, interface="127.0.0.1"
)
runpy.run_module("localstack.runtime.main", run_name="__main__", alter_sys=True)
