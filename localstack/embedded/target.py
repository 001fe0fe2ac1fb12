"""One description of a running stack that any tool can read."""

from typing import Any

from embedded import aws
from embedded.errors import EmbeddedError
from embedded.functions import DeployedStack
from embedded.instance import Instance
from embedded.tokens import ROLES, token

_DEAD_LETTER = "DeadLetter"


def target(instance: Instance) -> dict[str, Any]:
    """Return addresses, names and process ids of the running stack."""
    emulator, postgres = instance.emulator, instance.postgres
    if not (emulator.daemon.pid and postgres.pid):
        raise EmbeddedError("the stack is not running: run `make demo`")
    stack = DeployedStack(emulator.url).require()
    queues = stack.physical("AWS::SQS::Queue")
    pushgateway = instance.pushgateway
    return {
        "instance": instance.name,
        "base_url": stack.base_url(),
        "dsn": postgres.dsn,
        "aws_endpoint": emulator.url,
        "region": aws.REGION,
        "account": aws.ACCOUNT,
        "credentials": {
            "access_key_id": aws.ACCESS_KEY,
            "secret_access_key": aws.SECRET_KEY,
        },
        "queues": {name: url for name, url in queues.items() if _DEAD_LETTER not in name},
        "dlqs": {name: url for name, url in queues.items() if _DEAD_LETTER in name},
        "state_machines": stack.physical("AWS::StepFunctions::StateMachine"),
        "functions": stack.physical("AWS::Lambda::Function"),
        "pushgateway": pushgateway.url if pushgateway.daemon.pid else None,
        "mails": str(instance.mail_catcher.folder),
        "tokens": {role: token(instance.state, f"{role}-1", role) for role in ROLES},
        "pids": {
            "localstack": emulator.daemon.pid,
            "postgres": postgres.pid,
            "pushgateway": pushgateway.daemon.pid,
            "mail_catcher": instance.mail_catcher.daemon.pid,
        },
    }


def entry(described: dict[str, Any], key: str) -> Any:
    """Return the value of a key, or of keys separated by dots; without a key, everything."""
    value: Any = described
    for part in filter(None, key.split(".")):
        if not isinstance(value, dict) or part not in value:
            known = ", ".join(value) if isinstance(value, dict) else "nothing: it is one value"
            raise EmbeddedError(f"KEY={key}: there is no {part}; there are {known}")
        value = value[part]
    return value
