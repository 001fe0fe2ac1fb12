"""The logs of all parts: the programs' files, and the functions' logs in CloudWatch."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from embedded.emulator import ROOT
from embedded.errors import EmbeddedError
from embedded.functions import DeployedStack, folder, logical_id, stack_of
from embedded.instance import Instance
from embedded.values import alternatives

_LAST = 20
_BACK_SECONDS = 900
# CloudWatch allows few of these questions a second.
_POLL_SECONDS = 3
_FUNCTIONS = ROOT / "functions"
Read = Callable[[], Iterator[str]]


@dataclass
class FileTail:
    """The end of a file, then what is added to it."""

    path: Path
    offset: int | None = None

    def read(self) -> Iterator[str]:
        """Yield the last lines the first time, then only new ones."""
        if not self.path.exists():
            return
        with self.path.open("rb") as log:
            first = self.offset is None
            log.seek(0 if self.offset is None else self.offset)
            lines = log.read().decode(errors="replace").splitlines()
            self.offset = log.tell()
        yield from lines[-_LAST:] if first else lines


@dataclass
class FunctionTail:
    """The last events of a function's log group, then the new ones."""

    client: Any
    group: str
    since: int = 0
    seen: set[str] = field(default_factory=set)

    def read(self) -> Iterator[str]:
        """Yield the last messages the first time, then only new ones."""
        try:
            pages = self.client.get_paginator("filter_log_events").paginate(
                logGroupName=self.group, startTime=self.since
            )
            events = [event for page in pages for event in page["events"]]
        except (BotoCoreError, ClientError):
            # No log group yet: the function has not been invoked.
            return
        new = [event for event in events if event["eventId"] not in self.seen]
        new = new if self.since else new[-_LAST:]
        self.seen |= {event["eventId"] for event in events}
        self.since = max([self.since, *(event["timestamp"] for event in events)])
        yield from (event["message"].rstrip("\n") for event in new)


@dataclass
class StackTail:
    """The last events of the log group that all functions of a stack on AWS share."""

    stack: DeployedStack
    function: str | None
    since: int = field(default_factory=lambda: int((time.time() - _BACK_SECONDS) * 1000))
    seen: set[str] = field(default_factory=set)

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield the function and the message of each event that is new."""
        names = {v: folder(k) for k, v in self.stack.physical("AWS::Lambda::Function").items()}
        group = self.stack.physical("AWS::Logs::LogGroup")["FunctionLogs"]
        pages = self.stack.client("logs").get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=group, startTime=self.since):
            for event in page["events"]:
                # Streams are named 2026/12/01/function[version]environment.
                stream = event["logStreamName"].split("[")[0].rpartition("/")[2]
                name = names.get(stream, stream)
                if event["eventId"] not in self.seen and self.function in (None, name):
                    yield name, event["message"].rstrip("\n")
                self.seen.add(event["eventId"])
                self.since = max(self.since, event["timestamp"])


def show_account(stack: DeployedStack, function: str | None, *, follow: bool) -> None:
    """Print the logs of a stack on AWS of the last quarter of an hour; go on with `follow`."""
    tail = StackTail(stack.require(), function)
    while True:
        for name, line in tail.lines():
            print(f"{name:<16} {line}", flush=True)
        if not follow:
            return
        time.sleep(_POLL_SECONDS)


def show(instance: Instance, function: str | None, *, follow: bool) -> None:
    """Print the logs of one function, or of every part; with `follow` until interrupted."""
    stack = stack_of(instance)
    if stack.is_on_aws:
        return show_account(stack, function, follow=follow)
    sources = _sources(instance, function)
    while True:
        for name, read in sources.items():
            for line in read():
                print(f"{name:<16} {line}", flush=True)
        if not follow:
            return
        time.sleep(1)


def _sources(instance: Instance, function: str | None) -> dict[str, Read]:
    functions = _functions(instance)
    if function:
        if function not in functions:
            if not functions:
                DeployedStack(instance.emulator.url).require()
            raise EmbeddedError(f"F={function}: choose {alternatives(sorted(functions))}")
        return {function: functions[function].read}
    files = {
        "LocalStack": instance.emulator.daemon.log,
        "Postgres": instance.postgres.log,
        "pushgateway": instance.pushgateway.daemon.log,
        "mail": instance.mail_catcher.daemon.log,
    }
    parts: dict[str, Read] = {name: FileTail(path).read for name, path in files.items()}
    return parts | {name: tail.read for name, tail in functions.items()}


def _functions(instance: Instance) -> dict[str, FunctionTail]:
    if not instance.emulator.daemon.pid:
        return {}
    stack = DeployedStack(instance.emulator.url)
    if not stack.status():
        return {}
    physical, logs = stack.physical("AWS::Lambda::Function"), stack.client("logs")
    folders = {path.name for path in _FUNCTIONS.iterdir() if path.is_dir()}
    return {
        name: FunctionTail(logs, f"/aws/lambda/{physical[logical_id(name)]}")
        for name in sorted(folders)
        if logical_id(name) in physical
    }
