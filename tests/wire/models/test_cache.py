"""The same question is one call; another one never gets its answer."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from deskhand.catalog.model import CatalogPhrases
from deskhand.catalog.parse import parse_catalog
from deskhand.errors import ModelRefused, ModelUnavailable
from deskhand.models import chain as chain_module
from deskhand.models.base import Prompt
from deskhand.models.fingerprint import fingerprint
from deskhand.store.connection import open_connection
from deskhand.ticket import TicketText
from deskhand.triage.classify import answer_schema
from deskhand.triage.prompt import ClassifyMaterial, classify_prompt
from tests.patience import wait_until
from tests.stopped_clock import StoppedClock
from tests.wire.models.adapters import Colour
from tests.wire.models.conftest import BLUE, DOWN, FORBIDDEN, NONSENSE, Chain
from tests.wire.models.model_server import Handler

MATERIAL = ClassifyMaterial(
    TicketText("s", "b"),
    parse_catalog({"service_catalog": {"catalog": {"categories": ["Hardware"]}}}),
    CatalogPhrases((), b""),
)
PROMPT = Prompt("colour", "v1", "You name colours.", "Which colour has the sky?", MATERIAL)


class Shade(BaseModel):
    """Another thing to ask for."""

    shade: str


class TestFingerprint:
    def key(self, prompt: Prompt = PROMPT, asked: tuple[str, ...] = ("openai", "m")) -> bytes:
        return fingerprint(asked, prompt, Colour)

    @pytest.mark.parametrize(
        "change",
        [
            {"name": "other"},
            {"version": "v2"},
            {"system": "You name shades."},
            {"user": "Which colour has the sea?"},
            {"user": "WHICH colour has the sky?"},
            {"user": "Which colour has the sky!"},
            {"user": "Which colour has thesky?"},
            {"user": "Which colour has the sk\N{LATIN SMALL LETTER Y WITH ACUTE}?"},
        ],
        ids=str,
    )
    def test_another_question_has_another_key(self, change: dict[str, str]) -> None:
        """F-E7"""
        assert self.key(replace(PROMPT, **change)) != self.key()  # type: ignore[arg-type]

    @pytest.mark.parametrize("asked", [("openai", "n"), ("ollama", "m"), ("openaim", "")])
    def test_another_model_has_another_key(self, asked: tuple[str, ...]) -> None:
        """F-E7"""
        assert self.key(asked=asked) != self.key()

    def test_another_schema_has_another_key(self) -> None:
        """F-E7"""
        assert fingerprint(("openai", "m"), PROMPT, Shade) != self.key()

    def test_parts_do_not_run_into_each_other(self) -> None:
        """F-E7"""
        one = replace(PROMPT, system="ab", user="c")
        assert self.key(one) != self.key(replace(one, system="a", user="bc"))
        assert self.key(asked=("ab", "c")) != self.key(asked=("a", "bc"))

    @given(st.lists(st.text("ab", max_size=3), min_size=2, max_size=2, unique=True))
    def test_no_two_splits_of_a_text_share_a_key(self, systems: list[str]) -> None:
        """F-E7"""
        one, other = (replace(PROMPT, system=s, user="abab"[len(s) :]) for s in systems)
        assert self.key(one) != self.key(other)

    def test_white_space_does_not_count(self) -> None:
        """F-E7"""
        spaced = "  Which colour\r\n\thas the\N{NO-BREAK SPACE} sky?\n"
        assert self.key(replace(PROMPT, user=spaced)) == self.key()

    def test_a_ticket_and_the_catalog_make_the_question(self) -> None:
        """F-E7: the marker around the ticket is another one each time."""

        def key(categories: list[str], subject: str, body: str) -> bytes:
            catalog = parse_catalog({"service_catalog": {"catalog": {"categories": categories}}})
            ticket = TicketText(subject, body)
            prompt = classify_prompt(catalog, CatalogPhrases((), b""), ticket)
            return fingerprint(("openai", "m"), prompt, answer_schema(catalog))

        one = key(["Hardware"], "No screen", "It is  dark.")
        assert key(["Hardware"], "No screen", "It is\ndark. ") == one
        assert key(["Hardware", "Network"], "No screen", "It is dark.") != one
        assert key(["Hardware"], "No screen", "It is darker.") != one

    def test_words_of_the_catalog_that_no_schema_holds_count_too(self) -> None:
        """F-E7"""

        def key(description: str) -> bytes:
            request = {"name": "Mouse", "description": description}
            category = {"name": "Hardware", "requests": [request]}
            catalog = parse_catalog({"service_catalog": {"catalog": {"categories": [category]}}})
            ticket = TicketText("No screen", "It is dark. " * 50)
            prompt = classify_prompt(catalog, CatalogPhrases((), b""), ticket)
            return fingerprint(("openai", "m"), prompt, Colour)

        assert key("Things to point with") != key("Small animals")


def test_the_second_time_is_free(chain: Chain) -> None:
    """F-E7"""
    chain.given["llm_prices"] = "m=1000/1000"
    first, second = chain.ask(), chain.ask()
    assert chain.asked == (1, 0)
    assert (first.cached, second.cached) == (False, True)
    assert second.value == first.value
    assert (second.provider, second.model, second.prompt_version) == ("ollama", "m", "v1")
    assert (second.input_tokens, second.output_tokens, second.requests) == (0, 0, 0)
    assert first.cost_usd == pytest.approx(0.018)
    assert second.cost_usd == 0
    assert second.failures == ()


@pytest.mark.parametrize(
    "setting", [{"llm_temperature": 1}, {"llm_top_p": 0.5}, {"llm_top_k": 3}], ids=str
)
def test_a_setting_that_changes_answers_asks_anew(chain: Chain, setting: dict[str, Any]) -> None:
    """F-E7"""
    chain.ask()
    chain.given |= setting
    assert not chain.ask().cached


def test_another_model_or_server_is_asked_anew(chain: Chain) -> None:
    """F-E7: the first two are asked at one and the same address."""
    chain.given["openai_base_url"] = chain.first.url
    for providers in ("ollama:m", "ollama:n", "openai:m"):
        chain.given["llm_providers"] = providers
        assert not chain.ask().cached
    chain.given["openai_base_url"] = chain.second.url
    assert not chain.ask().cached
    assert chain.asked == (3, 1)


def test_without_hours_there_is_no_cache(chain: Chain) -> None:
    """F-E7"""
    chain.given["llm_cache_hours"] = 0
    assert [chain.ask().cached for _ in range(2)] == [False, False]
    assert chain.rows("model_cache") == []


def test_hours_are_hours(chain: Chain) -> None:
    """F-E7"""
    chain.given["llm_cache_hours"] = 0.5
    chain.ask()
    chain.conn.execute("UPDATE model_cache SET expires_at = expires_at - interval '29 minutes'")
    assert chain.ask().cached
    chain.conn.execute("UPDATE model_cache SET expires_at = expires_at - interval '1 minute'")
    assert not chain.ask().cached


@pytest.mark.parametrize(
    ("act", "error"),
    [(DOWN, ModelUnavailable), (FORBIDDEN, ModelRefused), (NONSENSE, Exception)],
    ids=["down", "refused", "nonsense"],
)
def test_errors_are_never_kept(chain: Chain, act: Any, error: type[Exception]) -> None:
    """F-E7"""
    chain.act(act)
    with pytest.raises(error):
        chain.ask()
    assert chain.rows("model_cache") == []
    chain.act(BLUE)
    assert not chain.ask().cached


@pytest.mark.parametrize("stored", ['{"colour": "green", "sure": 1}', "{", ""])
def test_what_no_longer_fits_is_asked_anew_and_replaced(chain: Chain, stored: str) -> None:
    """F-E3 F-E7: nothing comes out of the cache that would not be let in."""
    chain.ask()
    chain.conn.execute("UPDATE model_cache SET answer = %(stored)s", {"stored": stored})
    assert not chain.ask().cached
    assert chain.ask().cached
    assert chain.asked == (2, 0)


def test_answers_are_given_while_the_model_may_not_be_asked(chain: Chain) -> None:
    """F-E5 F-E6 F-E7"""
    chain.ask()
    chain.conn.execute("UPDATE model_gates SET opened_at = now()")
    assert chain.ask().cached


def test_the_lease_outlasts_the_call(chain: Chain) -> None:
    """F-E7: or others would ask while the answer is on its way."""
    left: list[float] = []

    def looking(handler: Handler) -> None:
        left.append(clock.seconds_until("expires_at", "model_cache"))
        BLUE(handler)

    clock = StoppedClock(chain.conn)
    chain.given["llm_timeout_seconds"] = 20
    chain.act(looking)
    chain.ask()
    assert left == [20 + 5 + 10]


class TestAtTheSameMoment:
    def together(self, chain: Chain, database: str, times: int = 4) -> list[Any]:
        def one(environment: int) -> Any:
            with open_connection(database) as own:
                try:
                    return chain.ask(conn=own, environment=environment)
                except ModelUnavailable as error:
                    return error

        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(one, range(times)))

    def slowly(self, *acts: Any) -> Any:
        script = list(acts)

        def act(handler: Handler) -> None:
            time.sleep(0.5)
            (script.pop(0) if len(script) > 1 else script[0])(handler)

        return act

    def test_one_asks_and_the_others_wait(self, chain: Chain, database: str) -> None:
        """F-E7"""
        chain.act(self.slowly(BLUE))
        found = self.together(chain, database)
        assert chain.asked == (1, 0)
        assert sorted(one.cached for one in found) == [False, True, True, True]

    def test_a_failure_hands_the_question_on(self, chain: Chain, database: str) -> None:
        """F-E7"""
        chain.act(self.slowly(DOWN, BLUE))
        found = self.together(chain, database)
        assert sum(isinstance(one, ModelUnavailable) for one in found) == 1
        assert chain.asked == (2, 0)

    def test_nobody_waits_longer_than_the_step_may(self, chain: Chain, database: str) -> None:
        """F-D12 F-E7"""
        chain.given["llm_timeout_seconds"] = chain_module.CHAIN_SECONDS

        def once_all_ask(handler: Handler) -> None:
            wait_until(lambda: chain.asked[0] == 4, "the fourth question")
            BLUE(handler)

        chain.act(once_all_ask)
        found = self.together(chain, database)
        assert chain.asked[0] == 4
        assert not any(one.cached for one in found)
