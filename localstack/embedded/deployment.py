"""`template.yaml` into LocalStack: built, deployed within a time limit, and then checked."""

import contextlib
import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import ClientError

from embedded import aws, resources, samples, tokens
from embedded.build import PACKAGED, build, run_sam
from embedded.console import say
from embedded.errors import EmbeddedError
from embedded.functions import SOUND, STACK, Deployed
from embedded.instance import Instance
from embedded.resource_count import counted
from embedded.warm import warm

_BUCKET = "deskhand-deployment"
# Settings of the functions that a user may give to `make demo` in the environment.
_PARAMETERS = {
    # Whoever reaches this machine's loopback may use its demo; a token narrows a request's role.
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
    # The demo and the tests ask faster than one caller may, but take the same way.
    "RequestsPerMinute": ("REQUESTS_PER_MINUTE", "1000000"),
    # As many runs at once as this machine can work on.
    "MaxOpenRuns": ("MAX_OPEN_RUNS", str(4 * (os.process_cpu_count() or 1))),
}


def deploy(instance: Instance) -> None:
    """Deploy what changed, migrate the database and load the samples."""
    stack = Deployed(instance.emulator.url)
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
    migrated = stack.invoke("MigrateFunction", {})
    say("deploy", f"database schema at version {migrated['version']}")
    reserved, available = (migrated[f"{name}_connections"] for name in ("reserved", "available"))
    say("database", f"{reserved} of {available} connections reserved")
    samples.load(stack)
    stamp.write_text(_digest(instance, sources))
    if lost_at:
        finish_accepted(instance, lost_at)


def rotate_keys(instance: Instance, *, retire: bool) -> None:
    """Renew the signing keys, or give up the older one, and deploy what functions must know."""
    stack = Deployed(instance.emulator.url)
    stack.invoke("RotateKeysFunction", {"retire": retire})
    reply = stack.client("secretsmanager").get_secret_value(SecretId=_keys_secret(stack))
    tokens.keep(instance.state, reply["SecretString"])
    deploy(instance)
    say("keys", ", ".join(key["kid"] for key in json.loads(reply["SecretString"])["keys"]))


def finish_accepted(instance: Instance, lost_at: float) -> None:
    """Resume the accepted tickets whose messages and executions a lost LocalStack took along.

    `lost_at` is a time.monotonic() by which the old one was gone: what moved since is not touched.
    """
    stack, resumed = Deployed(instance.emulator.url), Counter[str]()
    # One call takes up all that it has time for; those it took up are younger than `lost_at`.
    while (done := _reconciled(stack, lost_at)).keys() - {"unknown"}:
        resumed.update(done)
    sent = stack.invoke("RelayFunction", {"due_now": True})["sent"]
    counts = ", ".join(f"{name} {count}" for name, count in resumed.items()) or "none was open"
    say("recover", f"runs of the lost LocalStack: {counts}; {sent} messages sent")


def _store_keys(instance: Instance, stack: Deployed) -> None:
    """Put this instance's keys into the secret: a new LocalStack has an empty one."""
    stack.client("secretsmanager").put_secret_value(
        SecretId=_keys_secret(stack), SecretString=tokens.secret(instance.state)
    )


def _keys_secret(stack: Deployed) -> str:
    return stack.physical("AWS::SecretsManager::Secret")["SigningKeysSecret"]


def _reconciled(stack: Deployed, lost_at: float) -> dict[str, int]:
    """Return what was done with how many of the runs that have not moved since."""
    stalled = {"stalled_after_seconds": time.monotonic() - lost_at}
    done: dict[str, int] = stack.invoke("ReconcileFunction", stalled)
    return done


def _deploy_whole(instance: Instance, stack: Deployed) -> float | None:
    """Deploy and check; return when a LocalStack was given up for a new one, if so.

    LocalStack cannot roll back to a state that works and leaves resources behind that stand in the
    way of the next stack. Nothing in it is of lasting value: a new one is started.
    """
    status, lost_at = stack.status(), None
    if status and status not in SOUND:
        say("deploy", f"an earlier deployment was left {status}: LocalStack is started anew")
        lost_at = _start_anew(instance)
    try:
        _deploy_once(instance, stack)
    except EmbeddedError as error:
        if status not in SOUND:
            raise
        say("deploy", f"the update failed, once more in a new LocalStack: {error}")
        lost_at = _start_anew(instance)
        _deploy_once(instance, stack)
    return lost_at


def _start_anew(instance: Instance) -> float:
    instance.emulator.stop()
    lost_at = time.monotonic()
    instance.emulator.launch()
    instance.emulator.wait()
    return lost_at


def _deploy_once(instance: Instance, stack: Deployed) -> None:
    say("deploy", "sam deploy to LocalStack")
    with contextlib.suppress(ClientError):
        stack.client("s3").create_bucket(Bucket=_BUCKET)
    parameters = instance.state / "parameters.yaml"
    parameters.touch(mode=0o600)
    parameters.write_text(json.dumps(_parameters(instance)))
    with counted(stack) as progress:
        _sam_deploy(stack, parameters, progress)
    found = resources.require_all(stack.client, STACK, stack.declared())
    say("deploy", f"all {len(found)} resources exist")


def _sam_deploy(stack: Deployed, parameters: Path, progress: Callable[[], object]) -> None:
    run_sam(
        *("deploy", "--template-file", str(PACKAGED), "--stack-name", STACK),
        *("--s3-bucket", _BUCKET, "--no-resolve-s3", "--region", aws.REGION),
        *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"),
        *("--no-confirm-changeset", "--no-fail-on-empty-changeset"),
        # A file, since everybody can read a command line and the database's password is in there.
        *("--parameter-overrides", f"file://{parameters}"),
        endpoint=stack.endpoint,
        failed=stack.failure,
        progress=progress,
    )


def _parameters(instance: Instance) -> dict[str, str]:
    chosen = {key: os.environ.get(name) or value for key, (name, value) in _PARAMETERS.items()}
    pushgateway = instance.pushgateway.url if instance.pushgateway.daemon.pid else ""
    return chosen | {
        "DatabaseUrl": instance.functions_dsn,
        "PushgatewayUrl": pushgateway,
        "TokenKeys": tokens.public_keys(instance.state),
    }


def _digest(instance: Instance, sources: str) -> str:
    """Return what identifies a deployment: sources, parameters, samples, and this LocalStack."""
    content = [sources, _parameters(instance), instance.emulator.daemon.process]
    content += [path.read_text() for path in samples.files()]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
