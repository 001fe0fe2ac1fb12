"""What would fail later, told before anything is made: one sentence for each miss."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from deskhand.operations.budget import API, SCHEDULED
from shipping.stage import Stage, StageInvalid

# Lambda keeps so many concurrent executions for functions that reserve none.
_UNRESERVED = 100
_MAIL_HOST = "amazonaws.com"
_TRANSITIONS = "StateTransition throttle token refill rate"
# State transitions of a ticket that is no duplicate.
_OF_A_TICKET = 12
_BROKEN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED")


# Gives the client of a service, in the stage's region.
type Clients = Callable[[str], Any]


class Findings(NamedTuple):
    """Sentences: what the account lacks, each with the remedy, and what could not be asked."""

    misses: list[str]
    unknown: list[str]


def look(stage: Stage, client: Clients) -> Findings:
    """Everything that can be told before anything is made."""
    try:
        client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        said = f"No AWS credentials work here ({_name(error)}): set AWS_PROFILE, or log in."
        return Findings([said], [])
    found = Findings([], [])
    for each in LOOKS:
        try:
            found.misses.extend(each(stage, client))
        except (BotoCoreError, ClientError) as error:
            said = (each.__doc__ or "").removesuffix(".")
            found.unknown.append(f"Not known: {said} ({_name(error)}).")
    return found


def _parameters(stage: Stage) -> Iterator[str]:
    """The file of the stage is right."""
    outputs = {name: "given by a stack" for name in _GIVEN_OUT if _is_made(stage, name)}
    found = stage.parameters("application", outputs)
    if not found["DatabaseSecretArn"] and not found["DatabaseUrl"]:
        yield "The stage has no database: add `database`, or DatabaseSecretArn under `application`."
    if found["SubnetIds"] and not found["SecurityGroupIds"]:
        yield "SubnetIds need SecurityGroupIds: add them under `application`."
    if stage.database is not None:
        stage.parameters("database", outputs)


def _file(stage: Stage, _: Clients) -> list[str]:
    """The file of the stage is right."""
    try:
        return list(_parameters(stage))
    except StageInvalid as error:
        return [f"{error}."]


def _concurrency(stage: Stage, client: Clients) -> list[str]:
    """Lambda's concurrency suffices."""
    reserved, used = needed_concurrency(stage)
    limits = client("lambda").get_account_settings()["AccountLimit"]
    total, free = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    ask = "ask for more at Service Quotas (Lambda, concurrent executions)"
    if reserved and reserved + _UNRESERVED > free:
        return [
            f"The functions reserve {reserved} concurrent executions and {_UNRESERVED} must stay"
            f" free, but {free} of {total} are: lower ApiConcurrency (0 reserves none), or {ask}."
        ]
    if reserved + used > total:
        return [
            f"The stage uses up to {reserved + used} concurrent executions, but the account has"
            f" {total}: lower MaxOpenRuns, or {ask}."
        ]
    return []


def needed_concurrency(stage: Stage) -> tuple[int, int]:
    """The concurrent executions that the stage reserves, and those that it uses besides."""
    found = stage.parameters("application", {})
    api = int(found["ApiConcurrency"])
    reserved = len(API) * api + len(SCHEDULED) if api else 0
    return reserved, 3 * int(found["MaxOpenRuns"]) + int(found["DispatchConcurrency"])


def _transitions(stage: Stage, client: Clients) -> list[str]:
    """Step Functions' transitions suffice."""
    wanted = stage.size.get("tickets_per_minute", 0) / 60 * _OF_A_TICKET
    pages = client("service-quotas").get_paginator("list_service_quotas")
    for page in pages.paginate(ServiceCode="states"):
        for quota in page["Quotas"]:
            if quota["QuotaName"].startswith(_TRANSITIONS) and quota["Value"] < wanted:
                return [
                    f"Step Functions allows {quota['Value']:.0f} state transitions a second and the"
                    f" stage needs {wanted:.0f}: ask for more at Service Quotas (Step Functions)."
                ]
    return []


def _mail(stage: Stage, client: Clients) -> list[str]:
    """Amazon SES sends to anybody."""
    if _MAIL_HOST not in stage.parameters("application", {})["SmtpHost"]:
        return []
    if client("sesv2").get_account()["ProductionAccessEnabled"]:
        return []
    return [
        "Amazon SES sends to verified addresses only: ask for production access in its console."
    ]


def _models(stage: Stage, client: Clients) -> list[str]:
    """Bedrock's models may be used."""
    found = stage.parameters("application", {})
    arns = f"{found['BedrockModelArns']},{found['EmbedderModelArns']}".split(",")
    models = {arn.rpartition("/")[2] for arn in arns if ":foundation-model/" in arn}
    refused = [name for name in sorted(models) if not _may_use(client("bedrock"), name)]
    return [
        f"Bedrock's model {name} is not open: ask for it under Model access." for name in refused
    ]


def _may_use(bedrock: Any, model: str) -> bool:
    found = bedrock.get_foundation_model_availability(modelId=model)
    return bool(
        found["authorizationStatus"] == "AUTHORIZED" and found["regionAvailability"] == "AVAILABLE"
    )


def _engine(stage: Stage, client: Clients) -> list[str]:
    """RDS offers the database's version."""
    if stage.database is None:
        return []
    given = stage.parameters("database", dict.fromkeys(_GIVEN_OUT, "x"))
    aurora = given["Kind"] == "aurora"
    engine = "aurora-postgresql" if aurora else "postgres"
    version = given["AuroraVersion" if aurora else "RdsVersion"]
    parameter = "AuroraVersion" if aurora else "RdsVersion"
    offered = client("rds").describe_db_engine_versions(Engine=engine, EngineVersion=version)
    if offered["DBEngineVersions"]:
        return []
    return [f"RDS has no {engine} {version} in {stage.region}: choose another {parameter}."]


def _stacks(stage: Stage, client: Clients) -> list[str]:
    """The stacks are at rest."""
    found = []
    for part in ("network", "database", "application"):
        name = stage.stack_of(part)
        try:
            [stack] = client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        except ClientError:
            continue
        if stack["StackStatus"].endswith("_IN_PROGRESS"):
            found.append(f"The stack {name} is being changed: wait until that has ended.")
        elif stack["StackStatus"] in _BROKEN:
            found.append(
                f"The stack {name} is {stack['StackStatus']}: look at its events, delete it."
            )
    return found


LOOKS: tuple[Callable[[Stage, Clients], list[str]], ...] = (
    *(_file, _stacks, _concurrency, _transitions, _engine, _mail, _models),
)
# The parameters that stacks give each other, by the part that makes them.
_GIVEN_OUT = {
    "SubnetIds": "network",
    "SecurityGroupIds": "network",
    "DatabaseGroupId": "network",
    "DatabaseSecretArn": "database",
    "DatabaseHost": "database",
    "DatabaseCertificatesArn": "database",
    "DatabaseInstance": "database",
}


def _is_made(stage: Stage, name: str) -> bool:
    return getattr(stage, _GIVEN_OUT[name]) is not None


def _name(error: BotoCoreError | ClientError) -> str:
    if isinstance(error, ClientError):
        return str(error.response["Error"]["Code"])
    return type(error).__name__
