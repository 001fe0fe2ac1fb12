"""LocalStack's services loaded while SAM is still at work: each is imported at its first use."""

import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

# What the template needs, the slowest first: loading Step Functions alone takes some seconds.
CALLS = (
    ("stepfunctions", "list_state_machines"),
    ("lambda", "list_functions"),
    ("apigateway", "get_rest_apis"),
    ("iam", "list_roles"),
    ("events", "list_rules"),
    ("sqs", "list_queues"),
    ("sns", "list_topics"),
    ("logs", "describe_log_groups"),
    ("cloudwatch", "describe_alarms"),
    ("secretsmanager", "list_secrets"),
    ("s3", "list_buckets"),
)


def warm(client: Callable[[str], Any]) -> None:
    """Begin to load the services, one after the other, and do not wait for it."""
    threading.Thread(target=_load, args=(client,), daemon=True).start()


def _load(client: Callable[[str], Any]) -> None:
    for service, call in CALLS:
        try:
            getattr(client(service), call)()
        except (BotoCoreError, ClientError):
            # Then the deployment loads it, or says what is wrong.
            return
