"""What tests put into the emulated AWS account, without asking its API.

To build a client and to ask it takes ten times as long as what it asks for.
"""

from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sqs.models import sqs_backends
from moto.stepfunctions.models import stepfunctions_backends

REGION = "us-east-1"
_ENDS_AT_ONCE = '{"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}'


def queue(name: str) -> str:
    """The URL of a new queue."""
    _of(sqs_backends).create_queue(name)
    return f"https://sqs.{REGION}.amazonaws.com/{DEFAULT_ACCOUNT_ID}/{name}"


def state_machine(name: str) -> str:
    """The ARN of a new state machine."""
    role = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/any"
    made = _of(stepfunctions_backends).create_state_machine(name, _ENDS_AT_ONCE, role)
    return str(made.arn)


def secret(name: str, text: str) -> str:
    """The ARN of a new secret."""
    _of(secretsmanager_backends).create_secret(
        name,
        secret_string=text,
        secret_binary=None,
        description=None,
        tags=None,
        kms_key_id=None,
        client_request_token=None,
        replica_regions=[],
        force_overwrite=False,
    )
    return str(_of(secretsmanager_backends).secrets[name].arn)


def bucket(name: str) -> str:
    """The name of a new bucket."""
    s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket(name, REGION)
    return name


def _of(backends: Any) -> Any:
    return backends[DEFAULT_ACCOUNT_ID][REGION]
