"""The built-in model that classifies: the stored catalog names it, and all follow the catalog."""

import pytest

from deskhand.catalog.loaded import in_force
from deskhand.catalog.phrases import matrix
from deskhand.learning.memory import recall
from deskhand.safety.injection.detection import Suspicion
from deskhand.settings.embedder import EMBEDDED, MULTILINGUAL
from deskhand.store import examples
from deskhand.store.connection import Connection
from deskhand.ticket import TicketText
from deskhand.tickets import correct
from deskhand.triage.classify import classify
from deskhand.triage.offline import OFFLINE
from functions.refresh_vectors.handler import handler
from tests import arrange
from tests.functions.learning.old_tickets import import_rows, learn, load_sample_catalog, row
from tests.functions.similarity.embedding import configure

GERMAN = TicketText("Heimarbeit", "Die Verbindung zum Firmennetz bricht zu Hause immer wieder ab.")


@pytest.fixture
def old(conn: Connection) -> None:
    """An English catalog, and three English tickets about the VPN."""
    load_sample_catalog()
    import_rows([row("vpn", number) for number in range(3)])
    learn()


@pytest.mark.usefixtures("old")
def test_another_model_classifies_there_and_back(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-F4: vectors of two models are never compared, and a German ticket finds English ones."""
    for embedder, spec in (("multilingual", MULTILINGUAL), ("embedded", EMBEDDED)):
        assert recall(conn, GERMAN, in_force(conn).phrases).nearest
        configure(monkeypatch, embedder)
        assert handler({}, None)["model"] == spec.name
        phrases = in_force(conn).phrases
        assert phrases.model == spec.name
        assert matrix(phrases).shape == (len(phrases.items), spec.dimensions)
        assert recall(conn, GERMAN, phrases).nearest == (), "no example was read by it yet"
        assert learn()["read"] == 3
        memory = recall(conn, GERMAN, phrases)
        assert len(memory.nearest) == 3
        assert memory.vector.shape == (spec.dimensions,)
    assert handler({}, None)["read_now"] == 0


@pytest.mark.usefixtures("old")
def test_it_reads_the_catalog_in_another_language(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-F4"""
    configure(monkeypatch, "multilingual")
    handler({}, None)
    learn()
    loaded = in_force(conn)
    memory = recall(conn, GERMAN, loaded.phrases)
    answer = classify(OFFLINE, loaded, Suspicion((), GERMAN), memory)
    assert answer.request_type == "VPN access"
    assert answer.origin.model == MULTILINGUAL.name
    load_sample_catalog()
    assert in_force(conn).phrases.model == MULTILINGUAL.name, "a catalog that is loaded again"


@pytest.mark.usefixtures("old")
def test_a_correction_is_read_by_the_model_of_the_catalog(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, "multilingual")
    handler({}, None)
    ticket = arrange.accepted(conn, subject=GERMAN.subject, body=GERMAN.body)[0]
    examples.learn_from(conn, ticket, "Network", "VPN access")
    stored = conn.execute("SELECT * FROM tickets WHERE id = %s", [ticket]).fetchone()
    assert stored is not None
    correct.learn(conn, stored)
    [found] = recall(conn, GERMAN, in_force(conn).phrases).nearest
    assert found.reference == str(ticket)
    assert found.similarity > 0.99
