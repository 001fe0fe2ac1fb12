"""Simultaneous first calls of a function can fail.

While one call looks for a free environment, LocalStack adds those of other calls to the same
dictionary: `RuntimeError: dictionary changed size during iteration`, a 500 for the caller.
Repaired: the search uses a copy.
"""

from collections import defaultdict
from typing import Any, override

from localstack.services.lambda_.invocation.assignment import AssignmentService


class _Environments(dict[str, Any]):
    @override
    def values(self) -> Any:
        return list(super().values())


def apply() -> None:
    """Give the service a dictionary that is safe to iterate over."""
    set_up = AssignmentService.__init__

    def initialise(service: AssignmentService) -> None:
        set_up(service)
        service.environments = defaultdict(_Environments)

    AssignmentService.__init__ = initialise
