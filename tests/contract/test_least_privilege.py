"""What the template grants, encrypts and keeps: the emulator lets everything through."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deskhand.api.access import ROUTES
from tests.contract.routes import deployed
from tests.contract.template import RESOURCES, TEMPLATE, camel, of_type, variables

# Wildcards that there are, each with its reason.
WILDCARDS = {
    # An execution's name is made of ids: no two are the same, and all belong to its machine.
    r"arn:\$\{AWS::Partition\}:states:.*:execution:\$\{AWS::StackName\}-(triage|attribution):\*",
    # One bucket's reports, audits and exports: a key has the id of its run, audit or export.
    r"\$\{ReportsBucket.Arn\}/(reports|audits|exports)/\*",
    # SAM's LambdaInvokePolicy: versions and aliases of one function.
    r"arn:\$\{AWS::Partition\}:lambda:.*:function:\$\{functionName\}\*",
}
# AWS's own policies, which SAM adds, by what for. They name no resource.
MANAGED = {
    "AWSLambdaBasicExecutionRole": "logs",
    "AWSLambdaVPCAccessExecutionRole": "network interfaces inside a VPC",
    "AWSLambdaSQSQueueExecutionRole": "a queue that calls the function",
}


@pytest.fixture(scope="module")
def translated() -> dict[str, Any]:
    """The resources as CloudFormation gets them."""
    command = [".local/venvs/sam/bin/python", "localstack/translate.py", "template.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    resources: dict[str, Any] = json.loads(done.stdout)["Resources"]
    return resources


def statements(resources: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement that allows something, with the name of its role or policy."""
    for name, resource in resources.items():
        if resource["Type"] not in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy"):
            continue
        properties = resource["Properties"]
        documents = [each for each in properties.get("Policies", [])] or [properties]
        for document in documents:
            given = document["Fn::If"][1] if "Fn::If" in document else document
            for statement in given.get("PolicyDocument", {}).get("Statement", []):
                yield name, statement["Fn::If"][1] if "Fn::If" in statement else statement


def test_there_is_no_wildcard_but_the_listed_ones(translated: dict[str, Any]) -> None:
    """F-K7"""
    found = list(statements(translated))
    assert len(found) > 10
    for name, statement in found:
        for action in _list(statement["Action"]):
            assert "*" not in action, (name, action)
        for resource in _list(statement["Resource"]):
            text = json.dumps(resource)
            known = any(re.search(pattern, text) for pattern in WILDCARDS)
            assert "*" not in text or known, (name, text)
        assert statement["Effect"] == "Allow" and "NotAction" not in statement


def test_every_function_has_a_role_of_its_own(translated: dict[str, Any]) -> None:
    """F-K7"""
    roles = [
        json.dumps(resource["Properties"]["Role"])
        for resource in translated.values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    functions = dict(of_type("AWS::Serverless::Function"))
    assert len(roles) == len(set(roles)) == len(functions)
    for name, resource in translated.items():
        if resource["Type"] == "AWS::IAM::Role":
            text = json.dumps(resource["Properties"].get("ManagedPolicyArns", []))
            assert set(re.findall(r"service-role/(\w+)", text)) <= MANAGED.keys()
            if "SQSQueue" in text:
                events = functions[name.removesuffix("Role")]["Events"].values()
                assert "SQS" in {event["Type"] for event in events}


def test_only_who_logs_people_in_reads_the_signing_keys(translated: dict[str, Any]) -> None:
    """F-K6"""
    readers = {
        name
        for name, statement in statements(translated)
        if "SigningKeysSecret" in json.dumps(statement["Resource"])
    }
    assert readers == {"AuthFunctionRole", "RotateKeysFunctionRole"}


def test_everything_at_rest_is_encrypted_and_logs_end() -> None:
    """F-K7: by AWS's own keys, or all by the operator's key."""
    nothing = {"Ref": "AWS::NoValue"}
    key = {"If": ["HasDataKey", {"Ref": "DataKeyArn"}, nothing]}
    for _, queue in of_type("AWS::SQS::Queue"):
        assert queue["SqsManagedSseEnabled"] == {"If": ["HasDataKey", nothing, True]}
        assert queue["KmsMasterKeyId"] == key
    for _, topic in of_type("AWS::SNS::Topic"):
        assert topic["KmsMasterKeyId"] == {"If": [*key["If"][:2], "alias/aws/sns"]}
    for _, secret in of_type("AWS::SecretsManager::Secret"):
        assert secret["KmsKeyId"] == key
    [(_, group)] = of_type("AWS::Logs::LogGroup")
    assert group["KmsKeyId"] == key
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert TEMPLATE["Globals"]["Function"]["LoggingConfig"] == {
        "LogGroup": {"Ref": "FunctionLogs"},
        "LogFormat": {"If": ["OnAws", "JSON", {"Ref": "AWS::NoValue"}]},
        "SystemLogLevel": {"If": ["OnAws", "WARN", {"Ref": "AWS::NoValue"}]},
    }
    for _, function in of_type("AWS::Serverless::Function"):
        assert "LoggingConfig" not in function


def test_the_bucket_is_encrypted_private_and_for_a_time() -> None:
    """F-K7 F-J3: it is the only one, and nobody reaches it without TLS."""
    [(name, bucket)] = of_type("AWS::S3::Bucket")
    [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    own = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Ref": "DataKeyArn"}}
    assert rule["If"] == [
        "HasDataKey",
        {"ServerSideEncryptionByDefault": own, "BucketKeyEnabled": True},
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
    ]
    blocked = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    assert bucket["PublicAccessBlockConfiguration"] == dict.fromkeys(blocked, True)
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    [ends] = bucket["LifecycleConfiguration"]["Rules"]
    assert (ends["Status"], ends["ExpirationInDays"]) == ("Enabled", {"Ref": "ReportDays"})
    assert ends["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    [(_, policy)] = of_type("AWS::S3::BucketPolicy")
    [statement] = policy["PolicyDocument"]["Statement"]
    assert policy["Bucket"] == {"Ref": name}
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == (
        "Deny", "*", "s3:*",
    )  # fmt: skip
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_traces_are_written_only_when_they_are_wanted() -> None:
    """F-M4: by every function, the API and both machines."""
    tracing = TEMPLATE["Parameters"]["Tracing"]
    assert (tracing["Default"], set(tracing["AllowedValues"])) == (
        "Disabled", {"Disabled", "Active"},
    )  # fmt: skip
    assert TEMPLATE["Conditions"]["IsTraced"] == {"Equals": [{"Ref": "Tracing"}, "Active"]}
    assert TEMPLATE["Globals"]["Function"]["Tracing"] == {"Ref": "Tracing"}
    nothing = {"Ref": "AWS::NoValue"}
    assert RESOURCES["Api"]["Properties"]["TracingEnabled"] == {"If": ["IsTraced", True, nothing]}
    for _, machine in of_type("AWS::Serverless::StateMachine"):
        assert machine["Tracing"] == {"If": ["IsTraced", {"Enabled": True}, nothing]}


def test_no_secret_is_in_the_template() -> None:
    """F-K6"""
    for word in ("SecretString", "{{resolve:"):  # what is resolved stands in a function's settings
        assert word not in json.dumps(RESOURCES)
    for name, parameter in TEMPLATE["Parameters"].items():
        if re.search(r"Key$|Password|Url$", name) and "NoEcho" in parameter:
            assert parameter["Default"] == "", name
    assert not re.search(r"PRIVATE KEY|postgres(ql)?://\w+:", Path("template.yaml").read_text())


def test_a_new_key_signs_only_once_everybody_can_verify_it() -> None:
    """F-K1: of all functions that take tokens, the one that signs is deployed last."""
    verifying = {
        camel(word.removeprefix("functions/")) + "Function"
        for route, word in deployed().items()
        if not ROUTES[route].public
    }
    assert set(RESOURCES["AuthFunction"]["DependsOn"]) == verifying - {"AuthFunction"}


def test_on_aws_nobody_is_staff_without_a_token() -> None:
    """F-K2"""
    rule = TEMPLATE["Rules"]["NoStaffWithoutToken"]
    assert rule["RuleCondition"] == {"Not": [{"Equals": [{"Ref": "DatabaseSecretArn"}, ""]}]}
    [assertion] = rule["Assertions"]
    assert assertion["Assert"] == {"Contains": [["", "customer"], {"Ref": "AnonymousRole"}]}
    assert TEMPLATE["Parameters"]["AnonymousRole"]["Default"] == ""


def test_only_the_function_that_hashes_passwords_carries_the_layer_for_it() -> None:
    carrying = {
        name
        for name, function in of_type("AWS::Serverless::Function")
        if {"Ref": "AuthLayer"} in function.get("Layers", [])
    }
    assert carrying == {"AuthFunction", "AppointAdminFunction"}


def test_every_skipped_check_has_its_reason() -> None:
    """F-K7"""
    lines = Path(".checkov.yaml").read_text().splitlines()
    skipped = [number for number, line in enumerate(lines) if line.startswith("  - CKV")]
    assert 0 < len(skipped) < 10
    for number in skipped:
        assert lines[number - 1].startswith("  # ")


def test_cors_is_one_origin_and_never_everybody_nor_with_credentials() -> None:
    """F-K8"""
    cors = RESOURCES["Api"]["Properties"]["Cors"]
    assert cors["AllowOrigin"] == {"Sub": "'${CorsOrigin}'"}
    assert "AllowCredentials" not in cors
    pattern = re.compile(TEMPLATE["Parameters"]["CorsOrigin"]["AllowedPattern"])
    assert pattern.search("") and pattern.search("https://desk.example:8443")
    for bad in ("*", "https://*.example", "https://a.example,https://b.example", "a", "https://a/"):
        assert not pattern.search(bad), bad


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_secrets_come_from_secrets_manager() -> None:
    """F-K6: a parameter that may hold one is empty unless given, and for local use only.

    A function that has one reads the secret itself, and is the only kind that may.
    """
    parameters = TEMPLATE["Parameters"]
    hidden = {name for name, each in parameters.items() if each.get("NoEcho")}
    assert {parameters[name]["Default"] for name in hidden} == {""}
    # Those of the local database have secrets of their own.
    hidden -= {"DatabaseUrl", "WriterUrl", "ReaderUrl"}
    reads = {"If": ["HasSecrets", {"Ref": "ReadSecrets"}, {"Ref": "AWS::NoValue"}]}
    seen = set()
    for name, properties in of_type("AWS::Serverless::Function"):
        given = variables(properties)
        used = {each for each in hidden if {"Ref": each} in given.values()}
        has = given.get("SECRETS_ARN") == {"Ref": "SecretsArn"}
        assert has == bool(used) == (reads in properties.get("Policies", [])), name
        seen |= used
    assert seen == hidden


def test_only_migrations_are_done_by_the_owner_of_the_tables() -> None:
    """F-K7: all other functions get the writer's secret where there is one, or the reader's."""
    usual = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    writer = {"If": ["HasWriterSecret", {"Ref": "WriterSecretArn"}, {"Ref": "DatabaseSecretArn"}]}
    assert usual["DATABASE_SECRET_ARN"] == writer
    [statement, _] = RESOURCES["ReadDatabaseSecret"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Resource"][0] == writer
    others = {
        name: (variables(function)["DATABASE_SECRET_ARN"], policy["If"][1]["Ref"])
        for name, function in of_type("AWS::Serverless::Function")
        for policy in function.get("Policies", [])
        if "If" in policy and policy["If"][0] in ("HasRoles", "HasReaderSecret")
    }
    reader = {"If": ["HasReaderSecret", {"Ref": "ReaderSecretArn"}, writer]}
    assert others == {
        "MigrateFunction": ({"Ref": "DatabaseSecretArn"}, "ReadRoleSecrets"),
        "VerifyFunction": (reader, "ReadReaderSecret"),
    }


def test_a_customer_key_is_used_through_secrets_manager_only() -> None:
    """F-K6"""
    granted = [
        statement["If"]
        for policy in ("ReadDatabaseSecret", "ReadSecrets")
        for statement in RESOURCES[policy]["Properties"]["PolicyDocument"]["Statement"]
        if "If" in statement
    ]
    assert len(granted) == 2
    for condition, statement, _ in granted:
        assert (condition, statement["Action"]) == ("HasSecretsKey", "kms:Decrypt")
        assert statement["Resource"] == {"Ref": "SecretsKeyArn"}
        [via] = statement["Condition"]["StringEquals"].items()
        assert via[0] == "kms:ViaService" and "secretsmanager" in via[1]["Sub"]


def test_the_key_of_data_is_for_those_who_reach_the_data() -> None:
    """F-K7: whoever reads or writes messages, files, notices or signing keys, and nobody else."""
    [statement] = RESOURCES["UseDataKey"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Resource"] == {"Ref": "DataKeyArn"}
    [(via, services)] = statement["Condition"]["StringEquals"].items()
    assert (via, len(services)) == ("kms:ViaService", 4)
    uses = {"If": ["HasDataKey", {"Ref": "UseDataKey"}, {"Ref": "AWS::NoValue"}]}
    reaching = re.compile(
        r'"(sqs:(Send|Receive)Message|s3:(Get|Put)Object|sns:Publish)"'
        r'|"Resource": \{"Ref": "SigningKeysSecret"\}|"Type": "SQS"'
    )
    found = {
        name: bool(reaching.search(json.dumps(function)))
        for name, function in of_type("AWS::Serverless::Function")
    }
    assert sum(found.values()) > 10
    for name, function in of_type("AWS::Serverless::Function"):
        assert (uses in function.get("Policies", [])) == found[name], name
