"""Deploys `template.yaml` to LocalStack: builds, deploys within a time limit, and checks."""

import contextlib
import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import ClientError

from embedded import aws, resources, samples, servers, tokens
from embedded.build import PACKAGED, build, run_sam
from embedded.console import say
from embedded.errors import EmbeddedError
from embedded.functions import SOUND, STACK, DeployedStack
from embedded.instance import Instance
from embedded.resource_count import show_count
from embedded.warm import warm

_BUCKET = "deskhand-deployment"
# Settings of the functions that a user may set for `make demo` in the environment.
_PARAMETERS = {
    # Anybody on this machine's loopback may use its demo; a token narrows a request's role.
    "AnonymousRole": ("ANONYMOUS_ROLE", "admin"),
    "LlmProviders": ("LLM_PROVIDERS", "offline"),
    "OpenAiBaseUrl": ("OPENAI_BASE_URL", ""),
    "OpenAiApiKey": ("OPENAI_API_KEY", ""),
    "OllamaBaseUrl": ("OLLAMA_BASE_URL", ""),
    "Embedder": ("EMBEDDER", "embedded"),
    "ApiConcurrency": ("API_CONCURRENCY", "0"),
    "DatabaseConnections": ("DATABASE_CONNECTIONS", "0"),
    "Registration": ("REGISTRATION", "invite"),
    "CorsOrigin": ("CORS_ORIGIN", ""),
    # The demo and the tests send more than one caller may, through the same limiter.
    "RequestsPerMinute": ("REQUESTS_PER_MINUTE", "1000000"),
    "WorkflowType": ("WORKFLOW_TYPE", "STANDARD"),
    # As many concurrent runs as this machine can work on.
    "MaxOpenRuns": ("MAX_OPEN_RUNS", str(4 * (os.process_cpu_count() or 1))),
}


def deploy(instance: Instance) -> None:
    """Deploy what changed, migrate the database and load the samples."""
    stack = DeployedStack(instance.emulator.url)
    warm(stack.client)
    sources, stamp = build(stack.endpoint), instance.state / "deployed"
    if (
        stamp.exists()
        and stamp.read_text() == _digest(instance, sources)
        and stack.status() in SOUND
    ):
        say("deploy", "nothing has changed since the last deployment")
        return
    stamp.unlink(missing_ok=True)
    lost_at = _deploy_whole(instance, stack)
    _store_keys(instance, stack)
    while not (migrated := stack.invoke("MigrateFunction", {}))["all_searchable"]:
        say("search", f"{migrated['made_searchable']} tickets became searchable; more are left")
    say("deploy", f"database schema at version {migrated['version']}")
    reserved, available = (migrated[f"{name}_connections"] for name in ("reserved", "available"))
    say("database", f"{reserved} of {available} connections reserved")
    samples.load(stack)
    stamp.write_text(_digest(instance, sources))
    if lost_at:
        finish_accepted(instance, lost_at)


def rotate_keys(instance: Instance, *, retire: bool) -> None:
    """Renew the signing keys, or retire the older one, and deploy the public keys."""
    stack = DeployedStack(instance.emulator.url)
    stack.invoke("RotateKeysFunction", {"retire": retire})
    reply = stack.client("secretsmanager").get_secret_value(SecretId=_keys_secret(stack))
    tokens.keep(instance.state, reply["SecretString"])
    deploy(instance)
    say("keys", ", ".join(key["kid"] for key in json.loads(reply["SecretString"])["keys"]))


def finish_accepted(instance: Instance, lost_at: float) -> None:
    """Resume the accepted tickets whose messages and executions were lost with a LocalStack.

    `lost_at` is a time.monotonic() after the loss: runs that have moved since are left alone.
    """
    stack, resumed = DeployedStack(instance.emulator.url), Counter[str]()
    # Each call resumes as many runs as its time allows; a resumed run has moved after `lost_at`.
    while (done := _reconciled(stack, lost_at)).keys() - {"unknown"}:
        resumed.update(done)
    sent = stack.invoke("RelayFunction", {"due_now": True})["sent"]
    counts = ", ".join(f"{name} {count}" for name, count in resumed.items()) or "none was open"
    say("recover", f"runs of the lost LocalStack: {counts}; {sent} messages sent")


def _store_keys(instance: Instance, stack: DeployedStack) -> None:
    """Store this instance's keys in the secret: in a new LocalStack it is empty."""
    stack.client("secretsmanager").put_secret_value(
        SecretId=_keys_secret(stack), SecretString=tokens.secret(instance.state)
    )


def _keys_secret(stack: DeployedStack) -> str:
    return stack.physical("AWS::SecretsManager::Secret")["SigningKeysSecret"]


def _reconciled(stack: DeployedStack, lost_at: float) -> dict[str, int]:
    """Return the number of runs by what was done with them; only runs that have not moved since."""
    stalled = {"stalled_after_seconds": time.monotonic() - lost_at}
    done: dict[str, int] = stack.invoke("ReconcileFunction", stalled)
    return done


def _deploy_whole(instance: Instance, stack: DeployedStack) -> float | None:
    """Deploy and check; return when LocalStack was replaced, or None if it was not.

    LocalStack cannot roll back to a working state, and leaves resources behind that block the next
    stack. It holds nothing that must be kept, so it is replaced by a new one.
    """
    status, lost_at = stack.status(), None
    if status and status not in SOUND:
        say("deploy", f"an earlier deployment ended as {status}: LocalStack is replaced")
        lost_at = _start_anew(instance)
    try:
        _deploy_once(instance, stack)
    except EmbeddedError as error:
        if status not in SOUND:
            raise
        say("deploy", f"the update failed, trying again in a new LocalStack: {error}")
        lost_at = _start_anew(instance)
        _deploy_once(instance, stack)
    return lost_at


def _start_anew(instance: Instance) -> float:
    instance.emulator.stop()
    lost_at = time.monotonic()
    instance.emulator.launch()
    instance.emulator.wait()
    return lost_at


def _deploy_once(instance: Instance, stack: DeployedStack) -> None:
    say("deploy", "sam deploy to LocalStack")
    with contextlib.suppress(ClientError):
        stack.client("s3").create_bucket(Bucket=_BUCKET)
    parameters = instance.state / "parameters.yaml"
    parameters.touch(mode=0o600)
    parameters.write_text(json.dumps(_parameters(instance)))
    with show_count(stack) as progress:
        _sam_deploy(stack, parameters, progress)
    found = resources.require_all(stack.client, STACK, stack.declared_ids())
    say("deploy", f"all {len(found)} resources exist")


def _sam_deploy(stack: DeployedStack, parameters: Path, progress: Callable[[], object]) -> None:
    run_sam(
        *("deploy", "--template-file", str(PACKAGED), "--stack-name", STACK),
        *("--s3-bucket", _BUCKET, "--no-resolve-s3", "--region", aws.REGION),
        *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"),
        *("--no-confirm-changeset", "--no-fail-on-empty-changeset"),
        # A file, because all users can read a command line and this holds the database's password.
        *("--parameter-overrides", f"file://{parameters}"),
        endpoint=stack.endpoint,
        failed=stack.failure,
        progress=progress,
    )


def _parameters(instance: Instance) -> dict[str, str]:
    chosen = {key: os.environ.get(name) or value for key, (name, value) in _PARAMETERS.items()}
    pushgateway = instance.pushgateway.url if instance.pushgateway.daemon.pid else ""
    return (
        chosen
        | servers.mail(instance)
        | servers.helpdesk(instance)
        | {
            "DatabaseUrl": instance.functions_postgres.dsn,
            "PushgatewayUrl": pushgateway,
            "TokenKeys": tokens.public_keys(instance.state),
        }
    )


def _digest(instance: Instance, sources: str) -> str:
    """Return the identity of a deployment: sources, parameters, samples, and this LocalStack."""
    content = [sources, _parameters(instance), instance.emulator.daemon.process]
    content += [path.read_text() for path in samples.files()]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
