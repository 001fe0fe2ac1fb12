"""With STACK a command works on a stack in an AWS account, and never without it."""

import os
from typing import Any

import jwt
import pytest

from embedded import aws, tokens
from embedded.functions import DeployedStack, stack_of
from embedded.instance import Instance
from shipping.stage import Stage


@pytest.fixture(autouse=True)
def _shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("STACK", raising=False)


def test_without_it_the_stack_is_this_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """F-N12: whatever account the shell is logged in to."""
    monkeypatch.setenv("AWS_PROFILE", "production")
    stack = stack_of(Instance("test"))
    assert (stack.name, stack.is_on_aws) == ("deskhand", False)
    assert stack.endpoint.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_a_stage_says_the_region(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """F-N2"""
    stage = Stage.read(name)
    monkeypatch.setenv("STACK", stage.stack)
    stack = stack_of(Instance("test"))
    assert (stack.name, stack.is_on_aws) == (stage.stack, True)
    assert stack.client("cloudformation").meta.region_name == stage.region


def test_the_shell_says_the_region_of_other_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK", "somebody-elses")
    assert stack_of(Instance("test")) == DeployedStack("", "somebody-elses")
    assert os.environ["AWS_DEFAULT_REGION"] == "us-east-1"


def test_a_long_call_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """F-N5: a migration that lasts is not begun again."""
    config: Any = aws.account_client("lambda", 900).meta.config
    assert (config.read_timeout, config.retries["total_max_attempts"]) == (900, 1)


def test_a_token_is_signed_with_the_stacks_newest_key(monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from jwt.algorithms import OKPAlgorithm

    new, old = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    keys = [
        {**OKPAlgorithm.to_jwk(key, as_dict=True), "kid": kid, "alg": "EdDSA"}
        for key, kid in ((new, "new"), (old, "old"))
    ]
    token = tokens.token_by(keys, "alice", "agent")
    assert jwt.get_unverified_header(token)["kid"] == "new"
    read = jwt.decode(token, new.public_key(), ["EdDSA"], audience="deskhand-api")
    assert (read["sub"], read["role"]) == ("alice", "agent")
