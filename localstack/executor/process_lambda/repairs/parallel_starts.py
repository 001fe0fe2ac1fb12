"""Simultaneous first calls of a function can fail.

While one call looks for a free environment, LocalStack adds those of others to the same dictionary:
`RuntimeError: dictionary changed size during iteration`, which the caller gets as a 500. Repaired:
the search goes over a copy.
"""

from collections import defaultdict
from typing import Any, override

from localstack.services.lambda_.invocation.assignment import AssignmentService


class _Environments(dict[str, Any]):
    @override
    def values(self) -> Any:
        return list(super().values())


def apply() -> None:
    """Give the service another kind of dictionary."""
    set_up = AssignmentService.__init__

    def initialise(service: AssignmentService) -> None:
        set_up(service)
        service.environments = defaultdict(_Environments)

    AssignmentService.__init__ = initialise
