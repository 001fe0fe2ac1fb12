"""A stage is its file: what is deployed is that, and nothing that was deployed before."""

import re

import pytest

from shipping.preflight import needed_concurrency
from shipping.sizing import SIZES, Size
from shipping.stage import OF_KEYS, Stage, StageInvalid, defaults

NAMES = ("dev", "staging", "prod")
# For a machine of one's own: on AWS these are in secrets.
LOCAL = {
    *("DatabaseUrl", "OpenAiApiKey", "SmtpPassword", "WebhookSecret"),
    *("HelpdeskKey", "HelpdeskSecret"),
}
FED = {"SubnetIds": "subnet-1,subnet-2", "DatabaseSecretArn": "arn:aws:secret", OF_KEYS: "keys"}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_deployed_is_the_file_and_the_defaults(name: str) -> None:
    """F-N2: each parameter is given at each deployment."""
    stage = Stage.read(name)
    found = stage.parameters("application", FED)
    assert found.keys() == defaults("application").keys()
    for parameter, value in found.items():
        wanted = stage.application.get(parameter, FED.get(parameter))
        assert value == (str(defaults("application")[parameter]) if wanted is None else wanted)
    assert not LOCAL & stage.application.keys()


@pytest.mark.parametrize("name", NAMES)
def test_a_stage_is_large_enough_for_the_rate_that_it_names(name: str) -> None:
    """F-N2"""
    stage = Stage.read(name)
    size = Size(**stage.size)
    found = stage.parameters("application", {})
    for parameter, least in size.parameters.items():
        assert int(found[parameter]) >= least, parameter
    database = stage.parameters("database", {"SubnetIds": "", "DatabaseGroupId": ""})
    assert (database["Proxy"] == "true") >= size.proxy
    if database["Kind"] == "aurora":
        assert int(database["MaxCapacity"]) >= size.capacity


def test_stages_are_apart_and_each_says_its_region() -> None:
    """F-N2"""
    stages = [Stage.read(name) for name in NAMES]
    assert len({stage.stack for stage in stages}) == len(stages)
    assert all(re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", stage.region) for stage in stages)
    prod = Stage.read("prod").parameters("database", {"SubnetIds": "", "DatabaseGroupId": ""})
    assert (prod["DeletionProtection"], prod["Zones"]) == ("true", "2")


def test_the_file_beats_a_stack_and_a_stack_beats_the_default() -> None:
    stage = Stage.parse("a", "region: r\nstack: s\napplication: {SubnetIds: [x, y]}")
    found = stage.parameters("application", {**FED, "Unknown": "is passed over"})
    assert (found["SubnetIds"], found["DatabaseSecretArn"]) == ("x,y", "arn:aws:secret")
    assert "Unknown" not in found


def test_values_are_written_as_cloudformation_reads_them() -> None:
    text = "region: r\nstack: s\napplication: {CompositeAlarm: true, MaxOpenRuns: 7}"
    assert Stage.parse("a", text).application == {"CompositeAlarm": "true", "MaxOpenRuns": "7"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("region: r", "missing: stack"),
        ("region: r\nstack: s\nsecrets: {}", "unknown: secrets"),
        ("region: r\nstack: s\napplication: {MaxRuns: 1}", "application has no parameter MaxRuns"),
        ("region: r\nstack: s\nnetwork: [x]", "network is no mapping"),
        ("[]", "holds no mapping"),
    ],
)
def test_a_wrong_file_is_named(text: str, said: str) -> None:
    with pytest.raises(StageInvalid, match=said):
        Stage.parse("a", text)


@pytest.mark.parametrize("name", ["../prod", "", "PROD", "a/b"])
def test_a_name_leads_nowhere_else(name: str) -> None:
    """F-N12"""
    with pytest.raises(StageInvalid, match="small letters"):
        Stage.read(name)


def test_an_unknown_stage_names_those_that_there_are() -> None:
    with pytest.raises(StageInvalid, match=r"there is no qa.yaml; there are .*prod"):
        Stage.read("qa")


def test_a_parameter_that_nobody_gives_is_named() -> None:
    with pytest.raises(StageInvalid, match="database needs DatabaseGroupId, SubnetIds"):
        Stage.read("dev").parameters("database", {})


def test_concurrency_is_what_the_template_reserves_and_the_runs_use() -> None:
    """Reserved by each function behind the API, and one by each schedule."""
    text = "region: r\nstack: s\napplication: {ApiConcurrency: 0, MaxOpenRuns: 10}"
    assert needed_concurrency(Stage.parse("a", text))[0] == 0
    more = Stage.parse("a", text.replace("ApiConcurrency: 0", "ApiConcurrency: 5"))
    reserved, used = needed_concurrency(more)
    assert (reserved > 5 * 10, used) == (True, 3 * 10 + 8)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_sizes_grow_with_the_rate_and_fit_their_database(size: Size) -> None:
    """F-N2"""
    more = Size(size.tickets_per_minute * 2, size.models)
    assert all(more.parameters[name] >= value for name, value in size.parameters.items())
    known, given = defaults("database"), defaults("application")
    assert known.keys() >= {"MaxCapacity", "Proxy"} and given.keys() >= size.parameters.keys()
    assert size.concurrency > size.connections > 3 * size.parameters["MaxOpenRuns"]
    assert size.proxy == (size.parameters["MaxOpenRuns"] >= 50)
