"""`python -m shipping up|down|check|change STAGE`, as the make targets call it."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from embedded import aws
from embedded.console import say
from embedded.errors import EmbeddedError
from embedded.functions import DeployedStack
from shipping import binaries, parameter_store, preflight
from shipping.stacks import StackFailed, Stacks
from shipping.stage import OF_KEYS, ROOT, Stage, StageInvalid

BUILD = ROOT / ".aws-sam/aws"
# One migration may take as long as a function may run.
_MIGRATION_SECONDS = 900
_AUTHORITIES = "https://truststore.pki.rds.amazonaws.com/{region}/{region}-bundle.pem"


def main() -> int:
    """Run one command; return the exit status."""
    parser = argparse.ArgumentParser(prog="shipping", description=__doc__)
    parser.add_argument("command", choices=_COMMANDS)
    parser.add_argument("stage")
    parser.add_argument("--email", default="")
    arguments = parser.parse_args()
    try:
        stage = Stage.read(arguments.stage)
        os.environ["AWS_DEFAULT_REGION"] = os.environ["AWS_REGION"] = stage.region
        if parameter_store.is_kept(stage) and arguments.command != "down":
            stage = parameter_store.resolved(stage, client("ssm"))
        return _COMMANDS[arguments.command](stage, arguments)
    except (StageInvalid, StackFailed, EmbeddedError) as error:
        print(f"{arguments.command}: {error}", file=sys.stderr)
    except (BotoCoreError, ClientError) as error:
        print(f"{arguments.command}: {type(error).__name__}: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def check(stage: Stage, _: argparse.Namespace) -> int:
    """Print what the account lacks, and what could not be asked; 1 when it lacks anything."""
    found = preflight.look(stage, client)
    for sentence in (*found.unknown, *found.misses):
        print(sentence, file=sys.stderr)
    if not found.misses:
        say("check", f"nothing is missing for {stage.name}")
    return 1 if found.misses else 0


def up(stage: Stage, arguments: argparse.Namespace) -> int:
    """Check, build, make or update every stack, migrate, and make the keys that sign tokens."""
    if check(stage, arguments):
        return 1
    build()
    stacks = Stacks(stage, client("cloudformation"), lambda line: say("stack", line))
    outputs: dict[str, str] = {}
    for part in ("network", "database"):
        if getattr(stage, part) is not None:
            outputs |= stacks.make(part, outputs)
    if arn := outputs.get("DatabaseCertificatesArn"):
        _trust(stage, arn)
    deployed = DeployedStack("", stage.stack)
    outputs[OF_KEYS] = stacks.parameter("application", OF_KEYS)
    _deploy(stage, outputs)
    _migrate(deployed)
    if not outputs[OF_KEYS]:
        outputs |= deployed.invoke("RotateKeysFunction", {})
        say("keys", "made; all functions get the public part")
        _deploy(stage, outputs)
    say("api", deployed.base_url())
    if arguments.email:
        _appoint(deployed, arguments.email)
    return 0


def change(stage: Stage, _: argparse.Namespace) -> int:
    """Print what a deployment would change in the application's stack; change nothing."""
    build()
    stacks = Stacks(stage, client("cloudformation"), lambda line: say("stack", line))
    outputs = {OF_KEYS: stacks.parameter("application", OF_KEYS)}
    for part in ("network", "database"):
        outputs |= stacks.outputs(part)
    _deploy(stage, outputs, "--no-execute-changeset")
    stacks.drop_changes("application")
    return 0


def down(stage: Stage, _: argparse.Namespace) -> int:
    """Delete the stage's stacks, the youngest first, and name what is kept."""
    stacks = Stacks(stage, client("cloudformation"), lambda line: say("stack", line))
    kept = []
    for part in ("application", "database", "network"):
        if part == "application" or getattr(stage, part) is not None:
            kept += stacks.delete(part)
    for each in kept:
        say("kept", each)
    return 0


def client(service: str) -> Any:
    """A client in the stage's region, which repeats what the network lost."""
    retries = Config(retries={"total_max_attempts": 5})
    return boto3.client(service, config=retries)  # type: ignore[call-overload] # named by callers


def build() -> None:
    """Build for Lambda; raise EmbeddedError when a library or a function would not load there."""
    say("build", "for Lambda: x86_64, glibc 2.28")
    _sam("build", "--no-cached", "--build-dir", str(BUILD))
    if wrong := [*binaries.misfits(BUILD), *binaries.oversized(BUILD)]:
        raise EmbeddedError("the build does not fit Lambda:\n  " + "\n  ".join(wrong))


def _deploy(stage: Stage, outputs: dict[str, str], *more: str) -> None:
    """Deploy template.yaml with exactly the stage's parameters; `more` goes to SAM."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "parameters.yaml"
        # JSON is YAML; SAM takes no other ending.
        file.write_text(json.dumps(stage.parameters("application", outputs)))
        _sam(
            *("deploy", "--template-file", str(BUILD / "template.yaml")),
            *("--stack-name", stage.stack, "--region", stage.region, "--resolve-s3"),
            *("--capabilities", "CAPABILITY_IAM", "--parameter-overrides", f"file://{file}"),
            *("--no-confirm-changeset", "--no-fail-on-empty-changeset"),
            *("--tags", f"Project=deskhand Stage={stage.name}"),
            *more,
        )


def _migrate(deployed: DeployedStack) -> None:
    """Apply the migrations one by one, so that a long one is seen."""
    while True:
        told = deployed.invoke("MigrateFunction", {"at_most": 1}, seconds=_MIGRATION_SECONDS)
        for name in told["applied"]:
            say("migrate", f"{name} applied, {len(told['remaining'])} left")
        if told.get("made_searchable"):
            say("search", f"{told['made_searchable']} tickets became searchable")
        if told.get("all_searchable"):
            return say("database", told["connections"])


def _trust(stage: Stage, arn: str) -> None:
    """Store the certificates of RDS in the region where the functions look for them."""
    url = _AUTHORITIES.format(region=stage.region)
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - https, of AWS
        bundle = answer.read().decode("ascii")
    client("secretsmanager").put_secret_value(SecretId=arn, SecretString=bundle)


def _appoint(deployed: DeployedStack, email: str) -> None:
    from embedded.admin import appoint

    appoint(deployed, email)


def _sam(*arguments: str) -> None:
    # SAM looks for python3.13 and uv on PATH.
    path = os.pathsep.join([str(ROOT / ".venv/bin"), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path, "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run([str(aws.sam()), *arguments], cwd=ROOT, env=environment, check=False)
    if done.returncode:
        raise EmbeddedError(f"sam {arguments[0]} failed")


_COMMANDS: dict[str, Callable[[Stage, argparse.Namespace], int]] = {
    "up": up,
    "down": down,
    "check": check,
    "change": change,
}

if __name__ == "__main__":
    sys.exit(main())
