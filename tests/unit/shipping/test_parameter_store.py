"""Values of a stage that are kept in SSM Parameter Store."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from shipping.parameter_store import is_kept, resolved
from shipping.stage import Stage, StageInvalid


@pytest.fixture
def account() -> Iterator[None]:
    with mock_aws():
        yield


TEXT = """
region: us-east-1
stack: s
database: {MaxCapacity: "ssm:/desk/capacity"}
application: {DomainName: "ssm:/desk/domain", SubnetIds: "ssm:/desk/subnets", MaxOpenRuns: 7}
"""


@pytest.mark.usefixtures("account")
def test_a_reference_becomes_its_value_and_all_else_stays() -> None:
    """F-K6"""
    client = boto3.client("ssm", region_name="us-east-1")
    values = {"/desk/capacity": "4", "/desk/domain": "desk.example.com"}
    for name, value in values.items():
        client.put_parameter(Name=name, Value=value, Type="String")
    client.put_parameter(Name="/desk/subnets", Value="a,b", Type="StringList")
    stage = resolved(Stage.parse("a", TEXT), client)
    wanted = {"DomainName": "desk.example.com", "SubnetIds": "a,b", "MaxOpenRuns": "7"}
    assert stage.application == wanted
    assert (stage.database, stage.network) == ({"MaxCapacity": "4"}, None)
    assert not is_kept(stage)


@pytest.mark.usefixtures("account")
def test_all_that_cannot_be_used_is_named() -> None:
    """F-K6: a secret would be readable in the stack's parameters."""
    client = boto3.client("ssm", region_name="us-east-1")
    client.put_parameter(Name="/desk/domain", Value="x", Type="SecureString")
    with pytest.raises(StageInvalid) as refused:
        resolved(Stage.parse("a", TEXT), client)
    for said in (
        *("/desk/capacity does not exist", "/desk/subnets does not exist"),
        "/desk/domain is a SecureString: secrets are for Secrets Manager",
    ):
        assert said in str(refused.value)


def test_more_than_one_call_takes_are_read() -> None:
    names = list(Stage.read("prod").parameters("application", {}))[:25]
    given = ", ".join(f'{name}: "ssm:/desk/{name}"' for name in names)
    stage = Stage.parse("a", f"region: r\nstack: s\napplication: {{{given}}}")
    with mock_aws():
        client = boto3.client("ssm", region_name="us-east-1")
        for name in names:
            client.put_parameter(Name=f"/desk/{name}", Value=name, Type="String")
        assert resolved(stage, client).application == {name: name for name in names}
