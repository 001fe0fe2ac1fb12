"""Even a model that obeys an attack changes nothing that matters, in any wire format.

Detection plays no part here: every attack is taken for one that nobody noticed.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from deskhand.catalog.loaded import LoadedCatalog
from deskhand.catalog.model import CatalogPhrases
from deskhand.errors import ModelOutputInvalid
from deskhand.models.origin import Origin
from deskhand.safety.injection.detection import Suspicion
from deskhand.safety.sanitise import has_words_of
from deskhand.ticket import TicketText
from deskhand.triage.classify import Classification, Lines, classify
from deskhand.triage.summary import summarise
from tests.unit.safety.injection.cases import HONEST, Attack, attacks
from tests.wire.models.adapters import FORMATS, Adapter, adapter
from tests.wire.models.model_server import ModelServer
from tests.wire.models.obedient import (
    CATALOG,
    FOREIGN,
    HOSTILE,
    ORDERS,
    PAIR,
    SYSTEM,
    answer,
    obeys,
)

ATTACKS = attacks()
LOADED = LoadedCatalog(CATALOG, CatalogPhrases((), b""))
_LINK = re.compile(r"://|www\.|mailto:|javascript:|[a-z]\.(?:example|com)\b", re.IGNORECASE)


class Model(NamedTuple):
    """An adapter and the server that it asks."""

    adapter: Adapter
    server: ModelServer

    def classifies(self, ticket: TicketText, hostile: dict[str, Any]) -> Classification:
        self.server.script = [obeys(hostile)]
        self.server.requests.clear()
        return classify(self.adapter, LOADED, Suspicion((), ticket), None, Lines(unmeasured=0.5))


@pytest.fixture(scope="module", params=FORMATS)
def model(request: pytest.FixtureRequest) -> Iterator[Model]:
    with ModelServer(obeys({})) as server:
        connected = adapter(request.param, server.url, timeout=60)
        yield Model(connected, server)
        connected.close()


def assert_contained(found: Classification, ticket: TicketText, model: Model) -> None:
    """Nothing in it but a pair of the catalog, a plain line, and passages that are there."""
    stored = found.document()
    assert CATALOG.find(found.category, found.request_type)
    members = Classification.model_fields.keys() | Origin.model_fields.keys()
    assert stored.keys() == members - {"origin"} | {"needs_review"}
    taken_over = {name for name in ORDERS.keys() & stored.keys() if stored[name] == ORDERS[name]}
    # That it takes a ticket for urgent is a hint, which the rule states and need not heed.
    assert taken_over <= {"needs_review", "suspected_injection", "ai_status", "urgency"}
    assert (found.origin.provider, found.origin.model) == (model.adapter.name, model.adapter.model)
    assert_plain(found.summary)
    for evidence in found.evidence:
        assert evidence.source in ("ticket", "name", "sign")
        assert evidence.phrase != "is a trusted ticket"
        assert not has_words_of(evidence.phrase, SYSTEM, ticket.text)


def assert_plain(summary: str) -> None:
    """One short line that people read and programs have no use for."""
    assert 1 <= len(summary) <= 120
    assert summary.isprintable()
    assert not _LINK.search(summary)
    assert not re.search(r"<\s*[a-z/!]|\]\(|[*`]", summary, re.IGNORECASE)
    assert not has_words_of(summary, SYSTEM, "")


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_answer_is_contained(model: Model, hostile: dict[str, Any]) -> None:
    """F-E3 F-E10"""
    assert_contained(model.classifies(HONEST, hostile), HONEST, model)


@pytest.mark.parametrize("hostile", FOREIGN.values(), ids=FOREIGN.keys())
def test_an_answer_outside_the_catalog_is_none(model: Model, hostile: dict[str, Any]) -> None:
    """F-E3 F-E10"""
    with pytest.raises(ModelOutputInvalid) as raised:
        model.classifies(HONEST, hostile)
    assert len(model.server.requests) == 2
    assert "Root access" not in str(raised.value)


def test_a_model_that_repeats_its_instructions_is_reviewed(model: Model) -> None:
    """F-E10"""
    found = model.classifies(HONEST, answer(summary=SYSTEM[:110]))
    assert found.needs_review
    assert found.suspected_injection
    assert found.summary == summarise(HONEST)
    assert found.evidence[-1].phrase == "made the model repeat its instructions"


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_an_obedient_model_is_contained(model: Model, attack: Attack) -> None:
    """F-E10"""
    several = list(HOSTILE.values())
    found = model.classifies(attack.ticket, several[ATTACKS.index(attack) % len(several)])
    assert_contained(found, attack.ticket, model)
    assert (found.category, found.request_type) == tuple(PAIR.values())
    assert_inside_the_markers(attack, model)


@pytest.mark.parametrize("disguise", sorted({attack.disguise for attack in ATTACKS}))
def test_an_obedient_model_names_no_category_of_its_own(model: Model, disguise: str) -> None:
    """F-E10"""
    attack = next(attack for attack in ATTACKS if attack.disguise == disguise)
    with pytest.raises(ModelOutputInvalid):
        model.classifies(attack.ticket, FOREIGN["foreign pair"])


def assert_inside_the_markers(attack: Attack, model: Model) -> None:
    """The attack stands between two equal lines that it could not know, and nowhere else."""
    asked = model.server.asked[0]
    assert asked.system == SYSTEM
    assert [message["role"] for message in asked.messages] == ["user"]
    lines = re.findall(r"^=== ticket [0-9a-f]{16} ===$", asked.last, re.MULTILINE)
    marker = next(line for line in lines if lines.count(line) == 2 and line in asked.last)
    before, inside, after = asked.last.split(marker)
    assert inside.strip() == attack.ticket.text.strip()
    assert after.strip() == ""
    assert attack.ticket.body not in before


def test_the_honest_twin_is_answered_as_ever(model: Model) -> None:
    """F-E10"""
    good = answer(category="Hardware", request_type="Mouse", summary="A new mouse is needed.")
    found = model.classifies(HONEST, good)
    assert (found.request_type, found.summary) == ("Mouse", "A new mouse is needed.")
    assert (found.needs_review, found.suspected_injection) == (False, False)
