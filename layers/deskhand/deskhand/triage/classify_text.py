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
from deskhand.triage.classify import Classification, classify


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
    memory = recall(conn, suspicion.rest, loaded.phrases, ticket_id)
    bar = partial(threshold_of, conn, memory, settings().routing_precision)
    return classify(provider, loaded, suspicion, memory, bar)
