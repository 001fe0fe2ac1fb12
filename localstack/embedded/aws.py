"""Clients for LocalStack that can never reach a real account, and those for one that is named."""

import os
import threading
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from embedded.emulator import ROOT, VENVS

REGION = "us-east-1"
ACCOUNT = "000000000000"
# LocalStack signs and checks with this pair; it gives access to nothing else.
ACCESS_KEY = SECRET_KEY = "test"  # noqa: S105 - not a secret
_NOWHERE = os.devnull
_CREATING = threading.Lock()


def client(service: Any, endpoint: str, read_seconds: int = 60) -> Any:
    """Return a client for one service of the LocalStack at `endpoint`."""
    config = Config(
        connect_timeout=5,
        read_timeout=read_seconds,
        retries={"total_max_attempts": 1},
        proxies={},
        parameter_validation=True,
    )
    # Two threads that create clients at once would disturb boto3's one session.
    with _CREATING:
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=config,
        )


def account_client(service: Any, read_seconds: int = 60) -> Any:
    """Return a client for AWS itself, with the region and the credentials of the caller's shell."""
    # A call that lasts is not to be made again meanwhile.
    config = Config(read_timeout=read_seconds, retries={"total_max_attempts": 1})
    with _CREATING:
        return boto3.client(service, config=config)


def environment(endpoint: str) -> dict[str, str]:
    """Return SAM's environment: ours without any AWS setting, with LocalStack as the only AWS.

    Settings of Python are removed too, because SAM has an interpreter of its own.
    """
    foreign = ("AWS_", "SAM_", "PYTHON")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    # SAM looks for python3.13 and uv on PATH.
    path = [str(ROOT / ".venv/bin"), str(VENVS / "sam/bin"), inherited.get("PATH", os.defpath)]
    no_proxy = ",".join(filter(None, (inherited.get("NO_PROXY"), "127.0.0.1", "localhost")))
    return inherited | {
        "PATH": os.pathsep.join(path),
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_CONFIG_FILE": _NOWHERE,
        "AWS_SHARED_CREDENTIALS_FILE": _NOWHERE,
        "AWS_EC2_METADATA_DISABLED": "true",
        # The layers are to fit this machine, where LocalStack runs the functions.
        "LAYER_PLATFORM": "",
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "1",
    }


def sam() -> Path:
    """Return the SAM command."""
    return VENVS / "sam/bin/sam"
