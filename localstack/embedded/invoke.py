"""One function in AWS's own Lambda image, through `sam local invoke`."""

import contextlib
import ipaddress
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from embedded import aws, cloudformation, forward, ports
from embedded.build import BUILT, build
from embedded.emulator import ROOT
from embedded.errors import EmbeddedError
from embedded.functions import DeployedStack, logical_id
from embedded.instance import Instance

_HOST = "host.docker.internal"
_IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"
# Beside the built template, because its paths are relative.
_TEMPLATE = BUILT.with_name("invoke.yaml")


def invoke(instance: Instance, name: str, event: Path | None) -> int:
    """Invoke a function of functions/ with its sample event; return 1 when it raised."""
    path = _event(name, event)
    require_docker()
    stack = DeployedStack(instance.emulator.url)
    if not (instance.emulator.daemon.pid and stack.status()):
        raise EmbeddedError("the function needs a running stack: run `make deploy` first")
    build(stack.endpoint)
    variables = _variables(stack, logical_id(name))
    _write_template(logical_id(name), variables)
    # SAM prefers a variable of its own environment to the template's, so remove the shared ones.
    environment = aws.environment(stack.endpoint)
    with _reachable(instance):
        done = subprocess.run(
            [aws.sam(), "local", "invoke", *_arguments(logical_id(name), path)],
            env={key: value for key, value in environment.items() if key not in variables},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            cwd=ROOT,
        )
    sys.stdout.write(done.stdout)
    return 1 if done.returncode or is_error(done.stdout) else 0


def is_error(output: str) -> bool:
    """Return whether SAM's output is a function's error: its exit status does not show it."""
    last = output.strip().rpartition("\n")[2]
    try:
        answer = json.loads(last)
    except ValueError:
        return True
    return isinstance(answer, dict) and "errorType" in answer


def require_docker() -> None:
    """Raise with instructions to get or start Docker, unless Docker answers."""
    if not (docker := shutil.which("docker")):
        raise EmbeddedError("`sam local invoke` runs in Docker: install Docker and start it")
    if subprocess.run([docker, "info"], capture_output=True, check=False).returncode:
        raise EmbeddedError("`sam local invoke` runs in Docker, which does not answer: start it")


def _event(name: str, event: Path | None) -> Path:
    known = sorted(path.stem for path in (ROOT / "events").glob("*.json"))
    if not name:
        raise EmbeddedError(f"F is missing: choose {', '.join(known)}")
    path = event or ROOT / "events" / f"{name}.json"
    if not path.exists():
        asked = f"EVENT={event}" if event else f"F={name}"
        raise EmbeddedError(f"{asked}: no such event; there are events for {', '.join(known)}")
    return path.resolve()


def _arguments(function: str, event: Path) -> list[str]:
    arguments = [function, "--template", str(_TEMPLATE), "--event", str(event)]
    arguments += ["--region", aws.REGION, "--add-host", f"{_HOST}:host-gateway"]
    present = subprocess.run(["docker", "image", "inspect", _IMAGE], capture_output=True)
    return arguments if present.returncode else [*arguments, "--skip-pull-image"]


def _write_template(function: str, variables: dict[str, str]) -> None:
    """Write the built template with the variables of the deployed function.

    SAM passes only variables that the template declares, and AWS_ENDPOINT_URL must not be in a
    template that is also deployed to AWS.
    """
    template = cloudformation.read(BUILT)
    template["Resources"][function]["Properties"]["Environment"] = {"Variables": variables}
    _TEMPLATE.touch(mode=0o600)
    _TEMPLATE.write_text(yaml.safe_dump(template))


def _variables(stack: DeployedStack, function: str) -> dict[str, str]:
    name = stack.physical("AWS::Lambda::Function").get(function)
    if name is None:
        raise EmbeddedError(f"the stack has no {function}: run `make deploy`")
    configuration = stack.client("lambda").get_function_configuration(FunctionName=name)
    given = dict(configuration.get("Environment", {}).get("Variables", {}))
    given["AWS_ENDPOINT_URL"] = stack.endpoint
    return {key: value.replace(ports.LOOPBACK, _HOST) for key, value in given.items()}


@contextlib.contextmanager
def _reachable(instance: Instance) -> Iterator[None]:
    """Let containers reach LocalStack, Postgres and the pushgateway during a call."""
    gateway = _bridge()
    with contextlib.ExitStack() as open_ports:
        for part in instance.parts:
            if part.pid and gateway:
                open_ports.enter_context(forward.forward(gateway, part.port))
        yield


def _bridge() -> str | None:
    """Return the address of this machine in Docker's default network."""
    command = ["docker", "network", "inspect", "bridge"]
    inspected = subprocess.run(command, capture_output=True, text=True, check=False)
    for network in json.loads(inspected.stdout or "[]"):
        for configuration in network["IPAM"]["Config"]:
            # Some versions name the gateway only when it is not the first address.
            first = ipaddress.ip_network(configuration["Subnet"])[1]
            return str(configuration.get("Gateway") or first)
    return None
