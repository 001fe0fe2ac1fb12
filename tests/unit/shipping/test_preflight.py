"""What an account lacks is told before anything is made, in a sentence with its remedy."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.stub import Stubber

from embedded import aws
from shipping.preflight import LOOKS, Findings, look
from shipping.stage import Stage

STAGE = """
region: us-east-1
stack: desk
size: {{tickets_per_minute: 1000, models: false}}
network: {{}}
database: {{Kind: rds}}
application: {{{application}}}
"""
BIG = {"ConcurrentExecutions": 3000, "UnreservedConcurrentExecutions": 3000}
YOUNG = {"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 10}
MODEL = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"


@contextmanager
def account(**changes: Any) -> Iterator[Callable[[str], Any]]:
    """Clients of an account that has everything; AWS's answers are checked against its models."""
    quota = {
        "QuotaName": "StateTransition throttle token refill rate per second for STANDARD",
        "Value": changes.get("transitions", 5000.0),
    }
    access = {
        "modelId": "amazon.nova-lite-v1:0",
        "authorizationStatus": changes.get("model", "AUTHORIZED"),
        "agreementAvailability": {"status": "AVAILABLE"},
        "entitlementAvailability": "AVAILABLE",
        "regionAvailability": "AVAILABLE",
    }
    answers: dict[str, list[tuple[str, dict[str, Any] | None]]] = {
        "sts": [("get_caller_identity", changes.get("identity", {"Account": "123456789012"}))],
        "cloudformation": [("describe_stacks", changes.get("stack"))] * 3,
        "lambda": [("get_account_settings", {"AccountLimit": changes.get("limit", BIG)})],
        "service-quotas": [("list_service_quotas", {"Quotas": [quota]})],
        "rds": [("describe_db_engine_versions", changes.get("engine", {"DBEngineVersions": [{}]}))],
        "sesv2": [("get_account", {"ProductionAccessEnabled": changes.get("ses", True)})],
        "bedrock": [("get_foundation_model_availability", access)],
    }
    clients = {}
    for service, given in answers.items():
        clients[service] = aws.account_client(service)
        stubber = Stubber(clients[service])
        for name, answer in given:
            if answer is None:
                stubber.add_client_error(name, "ValidationError")
            else:
                stubber.add_response(name, answer)
        stubber.activate()
    yield clients.__getitem__


def told(application: str = "", **changes: Any) -> Findings:
    stage = Stage.parse("test", STAGE.format(application=application))
    with account(**changes) as client:
        return look(stage, client)


def test_an_account_with_everything_lacks_nothing() -> None:
    mail = "SmtpHost: email-smtp.us-east-1.amazonaws.com"
    assert told(f"ApiConcurrency: 20, {mail}, BedrockModelArns: '{MODEL}'") == ([], [])


@pytest.mark.parametrize(
    ("application", "changes", "sentence"),
    [
        ("", {"identity": None}, "No AWS credentials work here"),
        ("ApiConcurrency: 10", {"limit": YOUNG}, "must stay free, but 10 of 10 are: lower Api"),
        ("", {"limit": YOUNG}, "the account has 10: lower MaxOpenRuns"),
        ("", {"transitions": 100.0}, "allows 100 state transitions a second and the stage needs 2"),
        ("", {"engine": {"DBEngineVersions": []}}, "RDS has no postgres 18 in us-east-1"),
        (
            "SmtpHost: email-smtp.us-east-1.amazonaws.com",
            {"ses": False},
            "ask for production access",
        ),
        (f"BedrockModelArns: '{MODEL}'", {"model": "NOT_AUTHORIZED"}, "nova-lite-v1:0 is not open"),
    ],
)
def test_a_miss_is_one_sentence_with_its_remedy(
    application: str, changes: dict[str, Any], sentence: str
) -> None:
    """F-N2"""
    [said], unknown = told(application, **changes)
    assert sentence in said and said.endswith(".") and unknown == []


def test_what_may_not_be_asked_stops_nobody() -> None:
    """Whoever deploys needs no right to read quotas."""
    said = "Not known: RDS offers the database's version (ValidationError)."
    assert told(engine=None) == ([], [said])


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("UPDATE_IN_PROGRESS", "is being changed"),
        ("ROLLBACK_COMPLETE", "look at its events, delete it"),
    ],
)
def test_a_stack_that_cannot_be_updated_is_named(status: str, said: str) -> None:
    stack = {"StackName": "desk", "StackStatus": status, "CreationTime": "2026-12-01"}
    found = told(stack={"Stacks": [stack]}).misses
    assert len(found) == 3 and all(said in each for each in found)


def test_a_stage_without_a_database_is_told() -> None:
    stage = Stage.parse("test", "region: us-east-1\nstack: desk\n")
    with account() as client:
        assert any("The stage has no database" in each for each in look(stage, client).misses)


def test_each_look_says_what_it_looks_at() -> None:
    assert all(each.__doc__ and each.__doc__.endswith(".") for each in LOOKS)
