"""The chain: who is asked, when the next one is, and how the caller sees it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deskhand.errors import ModelOutputInvalid, ModelRateLimited, ModelRefused, ModelUnavailable
from deskhand.models.base import Completion, Prompt
from deskhand.models.chain import provider_for
from deskhand.settings.environment import SettingInvalid, Settings
from deskhand.triage.offline import OFFLINE
from tests.wire.models.adapters import Colour
from tests.wire.models.faults import answers
from tests.wire.models.model_server import Act, ModelServer, says

BLUE = says('{"colour": "blue", "sure": 0.9}')
DOWN = answers(500, {})
BUSY = answers(429, {})
FORBIDDEN = answers(401, {})
NONSENSE = says("blue")


@contextmanager
def chain(first: Act, second: Act) -> Iterator[Settings]:
    """Settings with OpenAI first and Ollama second, each on a server that acts so."""
    with ModelServer(first) as one, ModelServer(second) as two:
        yield Settings.read(
            {
                "LLM_PROVIDERS": "openai:a-model, ollama:llama:3b",
                "OPENAI_BASE_URL": f"{one.url}/v1",
                "OLLAMA_BASE_URL": two.url,
            }
        )


def ask(settings: Settings, prompt: Prompt, *, last: bool) -> Completion[Colour]:
    provider = provider_for(settings, last_attempt=last, offline=OFFLINE)
    assert (provider.name, provider.model) == ("openai", "a-model")
    return provider.complete(prompt, Colour)


class TestFallback:
    @pytest.mark.parametrize("last", [False, True])
    def test_the_first_answers(self, prompt: Prompt, last: bool) -> None:
        with chain(BLUE, DOWN) as settings:
            completion = ask(settings, prompt, last=last)
        assert (completion.provider, completion.failures) == ("openai", ())

    @pytest.mark.parametrize(("act", "error"), [(DOWN, ModelUnavailable), (BUSY, ModelRateLimited)])
    def test_what_may_pass_is_left_to_the_retries(
        self, prompt: Prompt, act: Act, error: type[Exception]
    ) -> None:
        with chain(act, BLUE) as settings, pytest.raises(error):
            ask(settings, prompt, last=False)

    @pytest.mark.parametrize("act", [DOWN, BUSY])
    def test_the_last_attempt_goes_to_the_next(self, prompt: Prompt, act: Act) -> None:
        """F-E4"""
        with chain(act, BLUE) as settings:
            completion = ask(settings, prompt, last=True)
        assert (completion.provider, completion.model) == ("ollama", "llama:3b")
        assert completion.failures[0].startswith("openai: Model")

    @pytest.mark.parametrize("last", [False, True])
    @pytest.mark.parametrize("act", [FORBIDDEN, NONSENSE])
    def test_what_no_retry_mends_goes_to_the_next_at_once(
        self, prompt: Prompt, act: Act, last: bool
    ) -> None:
        """F-E4"""
        with chain(act, BLUE) as settings:
            assert ask(settings, prompt, last=last).provider == "ollama"

    @pytest.mark.parametrize(
        ("act", "error"), [(FORBIDDEN, ModelRefused), (NONSENSE, ModelOutputInvalid)]
    )
    def test_the_last_providers_error_is_the_answer(
        self, prompt: Prompt, act: Act, error: type[Exception]
    ) -> None:
        with chain(DOWN, act) as settings, pytest.raises(error):
            ask(settings, prompt, last=True)


def test_a_models_name_may_have_colons() -> None:
    """F-E1"""
    settings = Settings(llm_providers="bedrock:eu.vendor.m-v1:0", bedrock_region="eu-central-1")
    provider = provider_for(settings, last_attempt=False, offline=OFFLINE)
    assert (provider.name, provider.model) == ("bedrock", "eu.vendor.m-v1:0")


def test_one_provider_can_be_asked_alone() -> None:
    settings = Settings(llm_providers="ollama:m")
    assert (
        provider_for(settings, last_attempt=False, offline=OFFLINE, only="offline").name
        == "offline"
    )


def test_openai_itself_wants_a_key() -> None:
    """F-E9"""
    with pytest.raises(SettingInvalid, match="OPENAI_API_KEY"):
        provider_for(Settings(llm_providers="openai:m"), last_attempt=False, offline=OFFLINE)


def test_only_what_is_configured_is_imported() -> None:
    code = (
        "import sys; from deskhand.models.chain import provider_for;"
        "from deskhand.settings.environment import Settings;"
        "import deskhand.triage.classify, deskhand.triage.priority, deskhand.catalog.loaded;"
        "assert not {'numpy', 'openai', 'httpx2'} & sys.modules.keys();"
        "provider_for(Settings(llm_providers='ollama:m'), last_attempt=True, offline=None);"
        "assert 'openai' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
