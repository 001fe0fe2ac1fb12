"""Settings: checked at start, errors name the variable."""

import pytest

from deskhand.settings.embedder import EMBEDDED, EmbedderSpec, of_name, parse
from deskhand.settings.environment import SettingInvalid, Settings


def test_defaults_need_no_environment() -> None:
    assert Settings.read({}) == Settings()


def test_an_empty_variable_is_no_variable() -> None:
    assert Settings.read({"OPENAI_BASE_URL": ""}).openai_base_url == "https://api.openai.com/v1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LLM_TEMPERATURE", "3"),
        ("LLM_TIMEOUT_SECONDS", "0"),
        ("LLM_TIMEOUT_SECONDS", "soon"),
        ("IDEMPOTENCY_HOURS", "1"),
    ],
)
def test_a_wrong_value_stops_the_start_by_name(name: str, value: str) -> None:
    """F-E9"""
    with pytest.raises(SettingInvalid, match=name):
        Settings.read({name: value})


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("LLM_TEMPERATURE", "3", "from 0 to 2"),
        ("LLM_TEMPERATURE", "nan", "from 0 to 2"),
        ("LLM_TIMEOUT_SECONDS", "0", "above 0 to 50"),
        ("LLM_TOP_P", "0", "above 0 to 1"),
        ("LLM_TOP_P", "1.5", "above 0 to 1"),
        ("LLM_TOP_K", "0", "from 1 to 500"),
        ("LLM_REQUESTS_PER_MINUTE", "-1", "from 0 to 100,000"),
        ("LLM_TOKENS_PER_MINUTE", "some", "from 0 to 1,000,000,000"),
        ("LLM_DAILY_BUDGET", "-0.01", "from 0 to 1,000,000"),
        ("LLM_CACHE_HOURS", "721", "from 0 to 720"),
        ("LLM_REPLY_DAYS", "0.5", "from 0 to 3,650"),
        ("LLM_BREAKER_CALLS", "0", "from 1 to 1,000"),
        ("LLM_BREAKER_WINDOW_SECONDS", "0", "from 1 to 3,600"),
        ("LLM_BREAKER_OPEN_SECONDS", "3601", "from 1 to 3,600"),
    ],
)
def test_the_error_says_what_is_allowed(name: str, value: str, allowed: str) -> None:
    """F-E9"""
    with pytest.raises(SettingInvalid) as raised:
        Settings.read({name: value})
    assert str(raised.value).startswith(f"{name}: ")
    assert str(raised.value).endswith(f"(allowed: {allowed})")


@pytest.mark.parametrize(
    "prices",
    ["m", "m=1", "m=1/", "m=1/2/3", "m=-1/2", "m=1/2,,n=1/2", "m=1e3/2", "=1/2", "a b=1/2"],
)
def test_prices_that_cannot_be_read_stop_the_start(prices: str) -> None:
    """F-E9"""
    with pytest.raises(SettingInvalid, match="LLM_PRICES"):
        Settings.read({"LLM_PRICES": prices})


@pytest.mark.parametrize(
    "providers",
    [",", "gpt", "openai", "openai:", "bedrock", "offline:x", "offline:", "offline,", "OpenAI:m"],
)
def test_a_wrong_chain_stops_the_start(providers: str) -> None:
    """F-E9"""
    with pytest.raises(SettingInvalid, match=r"LLM_PROVIDERS.*openai:MODEL"):
        Settings.read({"LLM_PROVIDERS": providers})


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("embedded", EmbedderSpec("embedded", "all-MiniLM-L6-v2", 384)),
        (
            "multilingual",
            EmbedderSpec("multilingual", "universal-sentence-encoder-multilingual-3", 512),
        ),
        (
            "openai:text-embedding-3-small@512",
            EmbedderSpec("openai", "text-embedding-3-small", 512),
        ),
        ("openai:BAAI/bge-m3@1024", EmbedderSpec("openai", "BAAI/bge-m3", 1024)),
        ("ollama:nomic-embed-text:v1.5@768", EmbedderSpec("ollama", "nomic-embed-text:v1.5", 768)),
        (
            "bedrock:amazon.titan-embed-text-v2:0@256",
            EmbedderSpec("bedrock", "amazon.titan-embed-text-v2:0", 256),
        ),
        ("openai:m@4000", EmbedderSpec("openai", "m", 4000)),
    ],
)
def test_an_embedder_is_a_model_with_its_dimensions(text: str, spec: EmbedderSpec) -> None:
    """F-F4"""
    assert parse(Settings.read({"EMBEDDER": text}).embedder) == spec
    assert of_name(spec.name) == spec


def test_vectors_of_other_dimensions_have_another_name() -> None:
    """F-F4"""
    names = {parse(f"openai:m@{size}").name for size in (256, 512)}
    assert names == {"openai:m@256", "openai:m@512"}
    assert EMBEDDED.name == "all-MiniLM-L6-v2"


@pytest.mark.parametrize(
    "text",
    [
        "Embedded", "embedded:x", "embedded@384", "all-MiniLM-L6-v2", "openai", "openai:",
        "openai:m", "openai:m@", "openai:@5", "openai:m@0", "openai:m@-1", "openai:m@05",
        "openai:m@4001", "openai:m@1e3", "openai:m@512 ", "openai: m@512", "openai:m@n@512",
        "offline", "cohere:m@512", f"openai:{'m' * 201}@5", "openai:m@512,embedded",
    ],
)  # fmt: skip
def test_a_wrong_embedder_stops_the_start(text: str) -> None:
    """F-E9"""
    wanted = r"EMBEDDER: .*embedded, multilingual, openai:MODEL@DIMENSIONS.*1 to 4,000 dimensions"
    with pytest.raises(SettingInvalid, match=wanted):
        Settings.read({"EMBEDDER": text})


def test_all_wrong_variables_are_named() -> None:
    with pytest.raises(SettingInvalid, match=r"IDEMPOTENCY_HOURS.*LLM_TEMPERATURE"):
        Settings.read({"LLM_TEMPERATURE": "x", "IDEMPOTENCY_HOURS": "x"})


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(SettingInvalid, match="QUEUE_URL is not set"):
        Settings().need("queue_url")


def test_secrets_are_not_in_the_error() -> None:
    with pytest.raises(SettingInvalid) as error:
        Settings.read({"OPENAI_API_KEY": "sk-secret", "LLM_TEMPERATURE": "9"})
    assert "sk-secret" not in str(error.value)
