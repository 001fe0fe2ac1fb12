"""Log lines of invocations that end after their version.

LocalStack ends the log writer of a version together with its environments. Invocations that run
during a deployment may finish here, and without this their lines would be lost.
"""

import contextlib
import time
from datetime import UTC, datetime
from typing import Any

from localstack.aws.connect import connect_to
from localstack.services.lambda_.invocation.lambda_models import VersionIdentifier


def store_lines(version: VersionIdentifier, environment_id: str, text: str) -> None:
    """Append the lines to the environment's log stream."""
    logs: Any = connect_to(region_name=version.region, aws_access_key_id=version.account).logs
    group = f"/aws/lambda/{version.function_name}"
    stream = f"{datetime.now(UTC):%Y/%m/%d}/[{version.qualifier}]{environment_id}"
    with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=group)
    with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": f"{line}\n"} for line in text.split("\n") if line]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
