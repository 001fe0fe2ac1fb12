"""Personal data never reaches a provider, and is back where it belongs in the answer."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from deskhand.catalog.loaded import LoadedCatalog
from deskhand.catalog.model import CatalogPhrases
from deskhand.catalog.parse import parse_catalog
from deskhand.errors import ModelOutputInvalid, ModelUnavailable
from deskhand.models.base import Prompt
from deskhand.models.chain import provider_for
from deskhand.models.wrappers.masking import Masking, mask
from deskhand.safety.injection.detection import Suspicion
from deskhand.safety.personal_data.folding import fold
from deskhand.settings.environment import Settings
from deskhand.ticket import TicketText
from deskhand.triage.classify import classify
from deskhand.triage.offline import OFFLINE
from deskhand.triage.prompt import ClassifyMaterial
from tests.unit.safety.personal_data.marked import marked_lines
from tests.wire.models.adapters import FORMATS, Connect
from tests.wire.models.faults import answers
from tests.wire.models.model_server import Act, Handler, ModelServer, says

CATALOG = parse_catalog({"service_catalog": {"catalog": {"categories": ["Hardware", "Network"]}}})
PHRASES = CatalogPhrases((), b"")
EMAIL, PHONE, IBAN = "maria.schmidt@example.com", "+49 30 1234567", "DE89 3704 0044 0532 0130 00"
TEXT = f"Call {PHONE} or write to {EMAIL}. Refund to {IBAN}. Again: {EMAIL}"


class Draft(BaseModel):
    """An answer with texts in several places."""

    subject: str
    lines: list[str]
    people: dict[str, Annotated[str, Field(max_length=40)]] = {}


def asking(text: str, names: tuple[str, ...] = ()) -> Prompt:
    material = ClassifyMaterial(TicketText("", text), CATALOG, PHRASES)
    return Prompt("draft", "v1", "You answer tickets.", text, material, names=names)


def strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def everything_sent(server: ModelServer) -> str:
    """The bytes that reached the server, as they are, decoded, and in plain spelling."""
    texts = [text for body in server.bodies for text in strings(json.loads(body))]
    raw = [body.decode("utf-8", "replace") for body in server.bodies]
    return "\n".join([*raw, *texts, *(fold(text).text for text in texts)])


def test_nothing_of_the_test_set_reaches_the_server(connect: Connect) -> None:
    """F-E11"""
    lines = marked_lines()
    values = {line.text[start:end] for line in lines for _, start, end in line.marks}
    with ModelServer(says("no"), says('{"subject": "", "lines": []}')) as server:
        model = Masking(connect(server.url))
        for batch in (lines[:110], lines[110:220], lines[220:]):
            model.complete(asking("\n\n".join(line.text for line in batch)), Draft)
        sent = everything_sent(server)
        assert len(server.bodies) == 4  # one of them a repair
    found = [value for value in values if value in sent or fold(value).text in sent]
    assert [value for value in found if " " in value or len(value) > 5] == []


def test_tokens_stand_in_its_place_and_stay_the_same(connect: Connect) -> None:
    """F-E11"""
    with ModelServer(says('{"subject": "", "lines": []}')) as server:
        Masking(connect(server.url)).complete(asking(TEXT), Draft)
        user = server.asked[0].last
    assert user == ("Call <PHONE_1> or write to <EMAIL_1>. Refund to <IBAN_1>. Again: <EMAIL_1>")


SPELLINGS = ["<EMAIL_1>", "EMAIL_1", "[EMAIL_1]", "<email_1>", "&lt;EMAIL_1&gt;", "<Email_1>"]


@pytest.mark.parametrize("token", SPELLINGS)
def test_it_is_restored_wherever_the_answer_has_it(connect: Connect, token: str) -> None:
    """F-E11"""
    reply = {
        "subject": f"Re: {token}",
        "lines": [f"Dear {token},", "we call <PHONE_1>.", "<EMAIL_9> and EMAIL are none."],
        "people": {"first": f"({token})"},
    }
    with ModelServer(says(json.dumps(reply))) as server:
        completion = Masking(connect(server.url)).complete(asking(TEXT), Draft)
    assert completion.value == Draft(
        subject=f"Re: {EMAIL}",
        lines=[f"Dear {EMAIL},", f"we call {PHONE}.", "<EMAIL_9> and EMAIL are none."],
        people={"first": f"({EMAIL})"},
    )
    assert EMAIL not in completion.raw


def test_what_no_longer_fits_is_an_error(connect: Connect) -> None:
    reply = {"subject": "", "lines": [], "people": {"x": "<EMAIL_1> <EMAIL_1>"}}
    with (
        ModelServer(says(json.dumps(reply))) as server,
        pytest.raises(ModelOutputInvalid) as raised,
    ):
        Masking(connect(server.url)).complete(asking(TEXT), Draft)
    assert EMAIL not in str(raised.value)


def test_names_that_are_told_are_masked(connect: Connect) -> None:
    """F-E11"""
    text = "Erika Musterfrau has no badge. MUSTERFRAU, ERIKA waits."
    with ModelServer(says('{"subject": "<NAME_1>", "lines": []}')) as server:
        model = Masking(connect(server.url))
        value = model.complete(asking(text, ("Erika Musterfrau",)), Draft).value
        assert "usterfrau" not in everything_sent(server).casefold()
    assert value.subject == "Erika Musterfrau"


def test_the_system_part_is_masked_with_the_same_tokens(connect: Connect) -> None:
    prompt = Prompt("d", "v", f"Write as {EMAIL}.", f"From {EMAIL}", asking("").material)
    with ModelServer(says('{"subject": "", "lines": []}')) as server:
        Masking(connect(server.url)).complete(prompt, Draft)
        asked = server.asked[0]
    assert (asked.system, asked.last) == ("Write as <EMAIL_1>.", "From <EMAIL_1>")


def test_one_numbering_holds_before_and_behind_the_marker(connect: Connect) -> None:
    """F-E11: what stands before the marker is looked through once for all tickets."""
    marker = "=== ticket x ==="
    for other in ("b@c.example", "d@e.example"):
        user = f"Ask {PHONE} or <EMAIL_2>.\n{marker}\nFrom {EMAIL}, {other}\n{marker}"
        prompt = Prompt("d", "v", f"For {EMAIL}.", user, asking("").material, marker=marker)
        reply = says('{"subject": "<EMAIL_3> <EMAIL_2>", "lines": ["<EMAIL_1>", "<PHONE_1>"]}')
        with ModelServer(reply) as server:
            value = Masking(connect(server.url)).complete(prompt, Draft).value
            asked = server.asked[0]
        assert asked.system == "For <EMAIL_1>."
        assert asked.last == (
            f"Ask <PHONE_1> or <EMAIL_2>.\n{marker}\nFrom <EMAIL_1>, <EMAIL_3>\n{marker}"
        )
        assert value == Draft(subject=f"{other} <EMAIL_2>", lines=[EMAIL, PHONE])


def test_an_error_passes_and_says_nothing(connect: Connect) -> None:
    act = answers(500, {"error": EMAIL})
    with ModelServer(act) as server, pytest.raises(ModelUnavailable) as raised:
        Masking(connect(server.url)).complete(asking(TEXT), Draft)
    assert EMAIL not in str(raised.value)


def quoting(handler: Handler) -> None:
    """Quotes the line of the ticket that has tokens in it."""
    asked = handler.server.asked[-1].last
    line = next(line for line in asked.splitlines() if "<PHONE_1>" in line)
    reply = {
        "category": "Network",
        "request_type": "Network",
        "summary": "<EMAIL_1> wants a call.",
        "confidence": 0.9,
        "evidence": [line],
    }
    says(json.dumps(reply))(handler)


def test_a_classification_quotes_the_ticket_as_it_was_written(connect: Connect) -> None:
    """F-E11"""
    ticket = TicketText("VPN", f"It fails.\n{TEXT}")
    act: Act = quoting
    with ModelServer(act) as server:
        found = classify(
            Masking(connect(server.url)), LoadedCatalog(CATALOG, PHRASES), Suspicion((), ticket)
        )
        sent = everything_sent(server)
    assert [evidence.phrase for evidence in found.evidence] == [TEXT]
    assert EMAIL not in sent and PHONE not in sent and IBAN not in sent


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(("switch", "reaches"), [("true", False), ("false", True)])
def test_every_provider_of_the_chain_is_masked_unless_it_is_switched_off(
    format_: str, switch: str, reaches: bool
) -> None:
    """F-E11"""
    with ModelServer(says('{"subject": "<EMAIL_1>", "lines": []}')) as server:
        settings = Settings.read(
            {
                "LLM_PROVIDERS": f"{format_}:m",
                "LLM_MASKING": switch,
                "OPENAI_BASE_URL": f"{server.url}/v1",
                "OLLAMA_BASE_URL": server.url,
                "BEDROCK_ENDPOINT_URL": server.url,
            }
        )
        provider = provider_for(settings, last_attempt=False, offline=OFFLINE)
        value = provider.complete(asking(TEXT), Draft).value
        sent = everything_sent(server)
    assert [personal in sent for personal in (EMAIL, PHONE, IBAN)] == [reaches] * 3
    assert value.subject == ("<EMAIL_1>" if reaches else EMAIL)


def test_a_token_that_the_requester_wrote_is_no_token() -> None:
    hidden = mask("Replace <EMAIL_1> and email_2 by a@b.example")
    assert hidden.text == "Replace <EMAIL_1> and email_2 by <EMAIL_3>"
    assert hidden.restore(hidden.text) == "Replace <EMAIL_1> and email_2 by a@b.example"


def test_what_is_hidden_does_not_show_in_a_log() -> None:
    assert EMAIL not in repr(mask(TEXT))


@given(
    st.lists(st.sampled_from([EMAIL, PHONE, IBAN, "<EMAIL_1>", "[", "]", "&lt;", "x", " ", "1"]))
)
def test_masking_and_restoring_gives_the_text_back(parts: list[str]) -> None:
    text = "".join(parts)
    hidden = mask(text)
    assert hidden.restore(hidden.text) == text


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    hidden = mask(f"{text} {EMAIL}", ("Ann",))
    assert hidden.restore(hidden.text) == f"{text} {EMAIL}"
