"""The trace header of X-Ray, passed on without its SDK."""

import os
import re

# As AWS writes it: Root=1-...;Parent=...;Sampled=1. Whatever else stands there is not passed on.
_HEADER = re.compile(r"[A-Za-z]+=[A-Za-z0-9-]+(;[A-Za-z]+=[A-Za-z0-9:/-]+){0,5}")


def trace_of_this_call() -> str | None:
    """The header of the call that Lambda serves now; None when it has none."""
    header = os.environ.get("_X_AMZN_TRACE_ID", "")
    return header if len(header) <= 256 and _HEADER.fullmatch(header) else None
