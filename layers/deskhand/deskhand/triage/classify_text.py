"""A text's classification by the catalog in force and by what was learnt of earlier tickets."""

from functools import partial
from uuid import UUID

from deskhand.catalog.loaded import LoadedCatalog
from deskhand.learning.memory import bar_of, recall
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
    """The classification of what a ticket says, without what tries to instruct a model.

    What the ticket of that id has taught is no evidence for itself.
    """
    memory = recall(conn, suspicion.rest, loaded.phrases, ticket_id)
    bar = partial(bar_of, conn, memory, settings().routing_precision)
    return classify(provider, loaded, suspicion, memory, bar)
