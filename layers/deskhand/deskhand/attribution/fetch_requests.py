"""The step FetchRequests: reads the helpdesk and stores its requests in batches."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache, partial
from typing import Any

from deskhand.attribution.helpdesk import fetch
from deskhand.attribution.match import Open, Result, fields, match_given
from deskhand.attribution.request import HelpdeskRequest, Read, read
from deskhand.catalog.loaded import document_in_force
from deskhand.catalog.model import Catalog
from deskhand.errors import CatalogMissing, HelpdeskInvalid
from deskhand.settings.environment import settings
from deskhand.store import attribution_requests as store
from deskhand.store.attribution_requests import FetchedRequest
from deskhand.store.connection import Connection
from deskhand.store.steps import Outcome
from deskhand.workflow.step import Work

# An execution's history holds 25,000 events, and a batch takes about ten of them.
MAX_BATCHES = 2_000
MAX_REQUESTS = 60_000
# Faults that a run names; all of them are counted.
_FAULTS_NAMED = 100


def fetch_requests(work: Work) -> Outcome:
    """The numbers of the batches; rows whose own fields say enough are in none.

    Raises the errors of the helpdesk, CatalogMissing, and HelpdeskInvalid for too many requests.
    """
    catalog = document_in_force(work.connection)
    if catalog is None:
        raise CatalogMissing
    found = read(fetch(settings()))
    if len(found.requests) > MAX_REQUESTS:
        raise HelpdeskInvalid(f"{len(found.requests)} requests are more than {MAX_REQUESTS}")
    verdict = {
        "unreadable": len(found.unreadable),
        "values_unread": len(found.unread),
        "delay_seconds": settings().attribution_delay_seconds,
    }
    return Outcome(verdict, apply=partial(_store, work.run_id, catalog, found))


def _store(
    run_id: int, catalog: Catalog, found: Read, conn: Connection, _: object
) -> dict[str, Any]:
    plan = _Plan(catalog, settings().attribution_batch_size)
    faults = [asdict(fault) for fault in (found.unreadable + found.unread)[:_FAULTS_NAMED]]
    store.store(conn, run_id, catalog.version, plan.rows(found), len(found.unreadable), faults)
    return {"batches": list(range(plan.batches)), "outcomes": dict(plan.outcomes)}


class _Plan:
    """Which requests are settled at once, and the batch of each other one."""

    def __init__(self, catalog: Catalog, size: int) -> None:
        self.outcomes: Counter[str] = Counter()
        self._size = size
        self._open = 0
        # Requests state few different pairs, and each is compared with the whole catalog.
        self._given = cache(partial(match_given, catalog))

    @property
    def batches(self) -> int:
        """The number of batches so far."""
        return -(-self._open // self._size)

    def rows(self, found: Read) -> Iterator[FetchedRequest]:
        """Each request as it is stored; raises HelpdeskInvalid when they make too many batches."""
        for request in found.requests:
            result = self._given(request.category, request.request_type)
            if isinstance(result, Open):
                yield _row(request, None, self._open // self._size)
                self._open += 1
                if self.batches > MAX_BATCHES:
                    raise HelpdeskInvalid(
                        f"the requests make more than {MAX_BATCHES} batches of {self._size}:"
                        " raise ATTRIBUTION_BATCH_SIZE"
                    )
            else:
                self.outcomes[result.outcome] += 1
                yield _row(request, result, None)


def _row(request: HelpdeskRequest, result: Result | None, batch: int | None) -> FetchedRequest:
    filled = fields(request, result)
    return FetchedRequest(
        position=request.position,
        batch=batch,
        helpdesk_id=request.helpdesk_id,
        short_description=request.short_description,
        long_description=request.long_description,
        requester_email=request.requester_email,
        given_category=request.category,
        given_type=request.request_type,
        given_sla_value=request.sla_value,
        given_sla_unit=request.sla_unit,
        **asdict(filled),
        outcome=result.outcome if result else None,
        reason=result.reason if result else None,
    )
