"""A model provider has all its parts: an adapter, its settings, and their place in the template."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

import pytest

from deskhand.settings.environment import Settings
from deskhand.settings.provider_chain import OUTSIDE
from tests.contract.template import TEMPLATE, of_type

EVERYWHERE = set(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"])
# What the functions that ask models are given; the others only say which models are configured.
ASKING = {
    name: EVERYWHERE | set(properties["Environment"]["Variables"])
    for name, properties in of_type("AWS::Serverless::Function")
    if "LLM_PROVIDERS" in properties.get("Environment", {}).get("Variables", {})
    and name not in ("HealthFunction", "MetricsFunction", "PublishMetricsFunction")
}


def _missing(provider: str) -> Iterator[str]:
    """What the provider lacks, each with what to do about it."""
    module = f"deskhand.models.adapters.{provider}"
    if not find_spec(module):
        yield f"`{provider}` has no adapter: write {module.replace('.', '/')}.py"
        return
    adapter = import_module(module)
    for function in ("build", "place"):
        if not hasattr(adapter, function):
            yield f"{module} has no {function}(): see deskhand/models/adapters/adapter.py"
    own = [name for name in Settings.model_fields if name.startswith(f"{provider}_")]
    if not own:
        yield f"`{provider}` has no setting: add {provider}_base_url to Settings"
    for name, variables in ASKING.items():
        for variable in sorted({each.upper() for each in own} - variables):
            yield f"{name} is not given {variable}: add it to &outside_models in template.yaml"


@pytest.mark.parametrize("provider", OUTSIDE)
def test_every_provider_has_all_its_parts(provider: str) -> None:
    """F-E1"""
    assert list(_missing(provider)) == []


@pytest.mark.parametrize("provider", OUTSIDE)
def test_an_adapter_is_called_what_the_setting_calls_it(provider: str) -> None:
    settings = Settings.read({"OPENAI_API_KEY": "k", "BEDROCK_REGION": "eu-central-1"})
    built = import_module(f"deskhand.models.adapters.{provider}").build("m", settings, 5.0)
    assert (built.name, built.model) == (provider, "m")
    built.close()
