"""The network and the database of `aws/` give each function what it must reach, and no more."""

import json
import re
from pathlib import Path
from typing import Any

from deskhand.settings.environment import Settings
from shipping import costs
from tests.contract import reach
from tests.contract.template import RESOURCES, TEMPLATE, of_type, read

NETWORK, DATABASE = read(Path("aws/network.yaml")), read(Path("aws/database.yaml"))
FUNCTIONS = dict(of_type("AWS::Serverless::Function"))
# Addresses that no function asks: they name ourselves, stand in mails, or are in the table as AWS.
OURS = {
    *("DATABASE_URL", "DATABASE_HOST", "QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "API_URL"),
    *("REPORT_CODE_URL", "BEDROCK_ENDPOINT_URL", "WRITER_URL", "READER_URL"),
}


def test_the_tables_say_what_the_roles_and_the_arithmetic_say() -> None:
    """F-N2"""
    text = reach.DOCUMENT.read_text()
    assert text == reach.with_tables(text), "run: make reference"


def test_each_service_that_a_role_names_has_a_way_there_and_no_other_has_one() -> None:
    """F-N2"""
    called = set().union(*(reach.services(each) for each in FUNCTIONS.values()))
    assert called == reach.ENDPOINTS.keys()
    ways = {
        name: each["Properties"]["ServiceName"]["Sub"].rpartition(".")[2]
        for name, each in NETWORK["Resources"].items()
        if each["Type"] == "AWS::EC2::VPCEndpoint"
    }
    mail = ways.pop("SesEndpoint")
    assert mail == "email-smtp" and any(
        "mail server" in reach.outside(*each) for each in FUNCTIONS.items()
    )
    assert ways == {
        reach.ENDPOINTS[each]: {"bedrock": "bedrock-runtime"}.get(each, each) for each in called
    }


def test_each_address_of_a_setting_is_known_to_the_table() -> None:
    named = {
        name.upper()
        for name in Settings.model_fields
        if name.endswith(("_url", "_host", "_source"))
    }
    assert named == (reach.OUTSIDE.keys() - {"WEBHOOK_SECRET"}) | OURS


def test_who_needs_nothing_inside_the_vpc_is_outside() -> None:
    """F-N2: every other function reaches the database."""
    outside = {n for n, each in RESOURCES.items() if "VpcConfig" in each.get("IgnoreGlobals", [])}
    assert outside == {n for n, each in FUNCTIONS.items() if not reach.has_database(each)}


def test_what_the_stacks_give_out_is_what_the_next_ones_ask_for() -> None:
    """F-N2"""
    asked = TEMPLATE["Parameters"].keys()
    assert NETWORK["Outputs"].keys() <= DATABASE["Parameters"].keys() | asked
    assert {"SubnetIds", "SecurityGroupIds"} <= NETWORK["Outputs"].keys()
    assert DATABASE["Outputs"].keys() <= asked
    without_default = {n for n, each in DATABASE["Parameters"].items() if "Default" not in each}
    assert without_default <= NETWORK["Outputs"].keys()


def test_only_functions_and_the_proxy_reach_the_database() -> None:
    """F-K7"""
    rules = [
        each["Properties"]
        for each in NETWORK["Resources"].values()
        if each["Type"] == "AWS::EC2::SecurityGroupIngress"
        and each["Properties"]["GroupId"] == {"Ref": "DatabaseGroup"}
    ]
    assert {each["SourceSecurityGroupId"]["Ref"] for each in rules} == {
        "FunctionsGroup",
        "DatabaseGroup",
    }
    assert {(each["FromPort"], each["ToPort"]) for each in rules} == {(5432, 5432)}
    assert "SecurityGroupIngress" not in NETWORK["Resources"]["DatabaseGroup"]["Properties"]
    assert "0.0.0.0/0" not in json.dumps(_ingress(NETWORK["Resources"]))


def test_the_database_is_encrypted_private_and_restorable() -> None:
    """F-K7"""
    for name in ("Cluster", "Instance"):
        made = DATABASE["Resources"][name]
        assert made["DeletionPolicy"] == made["UpdateReplacePolicy"] == "Snapshot"
        given = made["Properties"]
        assert given["StorageEncrypted"] is True and given["ManageMasterUserPassword"] is True
        assert given["DeletionProtection"] == {"Ref": "DeletionProtection"}
        assert given["BackupRetentionPeriod"] == {"Ref": "BackupDays"}
    for each in DATABASE["Resources"].values():
        if each["Type"] == "AWS::RDS::DBInstance":
            assert each["Properties"]["PubliclyAccessible"] is False
        if "ParameterGroup" in each["Type"]:
            assert each["Properties"]["Parameters"]["rds.force_ssl"] == "1"
    assert not re.search(r"Password: (?!true)", Path("aws/database.yaml").read_text())


def test_what_holds_what_nobody_else_has_outlives_its_stack() -> None:
    """F-N2"""
    kinds = ("AWS::S3::Bucket", "AWS::SecretsManager::Secret", "AWS::Logs::LogGroup")
    kept = {name for name, each in RESOURCES.items() if each["Type"] in kinds}
    kept.add("TicketsDeadLetterQueue")
    assert {n for n, each in RESOURCES.items() if each.get("DeletionPolicy") == "Retain"} == kept
    for name in kept:
        assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def _ingress(resources: dict[str, Any]) -> list[Any]:
    return [
        each["Properties"]
        if each["Type"] == "AWS::EC2::SecurityGroupIngress"
        else each["Properties"].get("SecurityGroupIngress")
        for each in resources.values()
        if each["Type"].startswith("AWS::EC2::SecurityGroup")
    ]


def test_the_costs_count_what_the_template_has() -> None:
    """F-N2"""
    kinds = [each["Type"] for each in RESOURCES.values()]
    assert kinds.count("AWS::CloudWatch::Alarm") == costs.ALARMS
    rates = [
        event["Properties"]["Schedule"]
        for function in FUNCTIONS.values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "Schedule"
    ]
    assert rates.count("rate(1 minute)") == costs.MINUTE_FUNCTIONS
    assert rates.count("rate(5 minutes)") == costs.FIVE_MINUTE_FUNCTIONS


def test_a_stage_costs_what_it_is_made_of() -> None:
    """The sums of the review that the prices come from."""
    assert round(costs.Idle("NAT", nats=2).month - costs.template_month()) == 66
    assert round(costs.Idle("private ways", endpoints=4).month - costs.template_month()) == 58
    assert round(costs.Idle("Aurora", acu=0.5).month - costs.template_month()) == 44
    assert round(costs.Idle("proxy", proxy=True).month - costs.template_month()) == 88
    assert round(costs.thousand_tickets("STANDARD"), 2) == 0.33


def test_express_costs_about_a_fiftieth_of_standard() -> None:
    assert 40 < costs.workflow("STANDARD") / costs.workflow("EXPRESS") < 100
