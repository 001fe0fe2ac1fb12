"""A real LocalStack with the plugin, and a way to try functions on it."""

import base64
import io
import json
import os
import signal
import socket
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import SystemRandom
from typing import Any

import boto3
import pytest
from botocore.config import Config

ENVIRONMENTS = Path(__file__).parents[3] / ".local" / "venvs"
LOCALSTACK_PYTHON = ENVIRONMENTS / "localstack/bin/python"
FUNCTION_PYTHON = ENVIRONMENTS / "runtime/bin/python"
ROLE = "arn:aws:iam::000000000000:role/test"
OFTEN: Any = {"Delay": 0.05, "MaxAttempts": 4800}
_READY_SECONDS = 300
_names = count(1)


@dataclass(frozen=True)
class Result:
    """The result of a call for its caller."""

    payload: Any
    failed: bool
    log: str


def zipped(source: str | Mapping[str, str]) -> bytes:
    """A zip archive of these files."""
    files = {"handler.py": source} if isinstance(source, str) else source
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return memory.getvalue()


def wait_for[T](
    look: Callable[[], T], enough: Callable[[T], bool] = bool, seconds: float = 240
) -> T:
    """The first result of `look` that is `enough`; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not enough(found := look()):
        assert time.monotonic() < deadline, f"still {found!r} after {seconds} s"
        time.sleep(0.05)
    return found


def running(pid: int) -> bool:
    """Whether a process exists and is not merely waiting to be reaped."""
    states = subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True)
    return states.stdout.strip()[:1] not in ("", "Z")


@dataclass(frozen=True)
class Emulator:
    """A running LocalStack."""

    process: subprocess.Popen[bytes]
    port: int
    root: Path

    role = ROLE
    wait_for = staticmethod(wait_for)
    running = staticmethod(running)
    zipped = staticmethod(zipped)

    @property
    def url(self) -> str:
        """The URL of its gateway."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str) -> Any:
        """A boto3 client for it."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=32),
        )

    def deploy(self, source: str | Mapping[str, str], **config: Any) -> str:
        """A new function with this handler.py (or these files), ready to be invoked."""
        name = f"function-{next(_names)}"
        awslambda = self.client("lambda")
        options = {"Runtime": "python3.13", "Handler": "handler.handler", "Timeout": 60} | config
        code = options.pop("Code", None) or {"ZipFile": zipped(source)}
        awslambda.create_function(FunctionName=name, Role=ROLE, Code=code, **options)
        awslambda.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=OFTEN)
        return name

    def update(self, name: str, source: str | Mapping[str, str]) -> None:
        """Replaces the function's code."""
        awslambda = self.client("lambda")
        awslambda.update_function_code(FunctionName=name, ZipFile=zipped(source))
        awslambda.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=OFTEN)

    def layer(self, files: Mapping[str, str]) -> str:
        """The ARN of a new layer with these files."""
        published = self.client("lambda").publish_layer_version(
            LayerName=f"layer-{next(_names)}", Content={"ZipFile": zipped(files)}
        )
        return str(published["LayerVersionArn"])

    def invoke(self, name: str, event: Any = None, qualifier: str = "$LATEST") -> Result:
        """Calls the function and waits for its answer."""
        answer = self.client("lambda").invoke(
            FunctionName=name, Payload=json.dumps(event), LogType="Tail", Qualifier=qualifier
        )
        log = base64.b64decode(answer.get("LogResult", "")).decode()
        return Result(json.loads(answer["Payload"].read()), "FunctionError" in answer, log)

    def together[T](self, times: int, call: Callable[[], T]) -> list[T]:
        """The results of `call`, made `times` times at once."""
        with ThreadPoolExecutor(times) as pool:
            return [future.result() for future in [pool.submit(call) for _ in range(times)]]

    def logs(self, name: str, wanted: str) -> list[str]:
        """The log lines of a function in CloudWatch, once the wanted text is among them."""
        return wait_for(lambda: self._lines(name), lambda lines: wanted in "".join(lines))

    def _lines(self, name: str) -> list[str]:
        logs = self.client("logs")
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
        if f"/aws/lambda/{name}" not in [group["logGroupName"] for group in groups]:
            return []
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        return [event["message"] for event in events]


def _free_port() -> int:
    """One that no client gets before LocalStack listens: systems give those above to clients."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", SystemRandom().randrange(20_000, 32_768)))
            return int(probe.getsockname()[1])


def _variables(port: int, root: Path) -> dict[str, str]:
    (root / "tmp").mkdir(parents=True)
    return {
        "PATH": os.defpath,
        "HOME": str(root),
        "TMPDIR": str(root / "tmp"),
        "FILESYSTEM_ROOT": str(root / "filesystem"),
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "LOCALSTACK_HOST": f"127.0.0.1:{port}",
        "LAMBDA_RUNTIME_EXECUTOR": "process",
        "PROCESS_LAMBDA_PYTHON": str(FUNCTION_PYTHON),
        "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC": "0.1",
        "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC": "1",
        "LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT": "60",
        "SQS_ENDPOINT_STRATEGY": "path",
        "EAGER_SERVICE_LOADING": "0",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DNS_ADDRESS": "0",
        "LS_LOG": "warn",
        "SECRET_OF_THE_HOST": "must not reach a function",
    }


def started(root: Path, **variables: str) -> Emulator:
    """Starts a LocalStack that keeps all its files below `root`."""
    port = _free_port()
    environment = _variables(port, root) | variables
    log = (root / "localstack.log").open("wb")
    command = [str(LOCALSTACK_PYTHON), "-m", "localstack.runtime.main"]
    process = subprocess.Popen(
        command, env=environment, stdout=log, stderr=log, start_new_session=True
    )
    log.close()
    marker = (root / "localstack.log").read_text
    wait_for(marker, lambda text: "Ready." in text or process.poll() is not None, _READY_SECONDS)
    assert process.poll() is None, marker()
    return Emulator(process, port, root)


def stopped(emulator: Emulator) -> None:
    """Stops a LocalStack as its user does."""
    emulator.process.send_signal(signal.SIGTERM)
    try:
        emulator.process.wait(240)
    except subprocess.TimeoutExpired:
        emulator.process.kill()
        emulator.process.wait()
        raise


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The LocalStack that most tests share."""
    emulator = started(tmp_path_factory.mktemp("localstack"))
    yield emulator
    stopped(emulator)


@pytest.fixture(scope="module")
def adjusted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """A LocalStack with other settings: endpoint, number of environments, seconds for an init."""
    emulator = started(
        tmp_path_factory.mktemp("adjusted"),
        PROCESS_LAMBDA_AWS_ENDPOINT="http://127.0.0.1:9",
        PROCESS_LAMBDA_ENVIRONMENTS="2",
        LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT="11",
    )
    yield emulator
    stopped(emulator)


@pytest.fixture
def start_emulator(tmp_path: Path) -> Iterator[Callable[..., Emulator]]:
    """Starts a LocalStack of a test's own; what the test leaves running is killed."""
    emulators: list[Emulator] = []

    def start(**variables: str) -> Emulator:
        emulators.append(started(tmp_path / f"localstack-{len(emulators)}", **variables))
        return emulators[-1]

    yield start
    for emulator in emulators:
        if emulator.process.poll() is None:
            emulator.process.kill()
            emulator.process.wait()


@pytest.fixture
def localstack_python() -> Path:
    """The interpreter with LocalStack and the plugin."""
    return LOCALSTACK_PYTHON


@pytest.fixture
def function_python() -> Path:
    """The interpreter that runs functions."""
    return FUNCTION_PYTHON
