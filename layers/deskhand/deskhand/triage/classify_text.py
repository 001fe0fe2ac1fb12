"""Classifies a text by the active catalog and by what was learnt from earlier tickets."""

from functools import partial
from uuid import UUID

from deskhand.catalog.loaded import LoadedCatalog
from deskhand.learning.memory import recall, threshold_of
from deskhand.models.base import Provider
from deskhand.safety.injection.detection import Suspicion
from deskhand.settings.environment import settings
from deskhand.store.connection import Connection
from deskhand.store.examples import NOBODY
from deskhand.triage.classify import Classification, Lines, classify
from deskhand.triage.offline import opinion_of
from deskhand.triage.prompt import ClassifyMaterial


def classify_text(
    conn: Connection,
    provider: Provider,
    loaded: LoadedCatalog,
    suspicion: Suspicion,
    ticket_id: UUID = NOBODY,
) -> Classification:
    """Classifies a ticket's text without its instructions to a model.

    Examples learnt from `ticket_id` itself are excluded.
    """
    rest = suspicion.rest
    memory = recall(conn, rest, loaded.phrases, ticket_id)
    opinion = opinion_of(ClassifyMaterial(rest, loaded.catalog, loaded.phrases, memory))
    lines = Lines(
        fits=settings().triage_confidence,
        unmeasured=settings().unmeasured_confidence,
        of=partial(threshold_of, conn, memory, settings().routing_precision),
    )
    return classify(provider, loaded, suspicion, memory, lines, opinion)
