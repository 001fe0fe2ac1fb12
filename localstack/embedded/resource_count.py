"""The number of resources that a deployment has made: shown to the user, and a sign of progress."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from embedded.console import say
from embedded.functions import STACK, DeployedStack

_STEP = 50


class ResourceCount:
    """Counts the resources that became complete since the deployment began."""

    def __init__(self, stack: DeployedStack, progress: Progress) -> None:
        self._stack, self._progress = stack, progress
        self._began = datetime.now(UTC)
        self._task = progress.add_task("deploy", total=None)
        self._shown = 0
        self._total: int | None = None

    def __call__(self) -> int:
        """Show the number of resources; return the number of events so far."""
        try:
            events = self._events()
        except (BotoCoreError, ClientError):
            # No stack yet, or LocalStack is too busy to answer: no progress.
            return 0
        made = complete(events)
        self._total = self._total or self._changes()
        self._progress.update(self._task, completed=len(made), total=self._total)
        if not self._progress.console.is_terminal and len(made) >= self._shown + _STEP:
            self._shown = len(made) // _STEP * _STEP
            of = f" of {self._total}" if self._total else ""
            say("deploy", f"{len(made)}{of} resources")
        return len(events)

    def _changes(self) -> int | None:
        """Return how many resources the newest change set changes; None when it is not known."""
        cloudformation = self._stack.client("cloudformation")
        try:
            sets = cloudformation.list_change_sets(StackName=STACK)["Summaries"]
            newest = max(sets, key=lambda each: each["CreationTime"])["ChangeSetId"]
            return len(cloudformation.describe_change_set(ChangeSetName=newest)["Changes"]) or None
        except (BotoCoreError, ClientError, ValueError, KeyError):
            return None

    def _events(self) -> list[dict[str, Any]]:
        pages = self._stack.client("cloudformation").get_paginator("describe_stack_events")
        every = (event for page in pages.paginate(StackName=STACK) for event in page["StackEvents"])
        return [event for event in every if event["Timestamp"] >= self._began]


def complete(events: list[dict[str, Any]]) -> set[str]:
    """Return the logical ids of resources, not of the stack itself, that are complete."""
    return {
        event["LogicalResourceId"]
        for event in events
        if event["ResourceStatus"].endswith("_COMPLETE") and event["LogicalResourceId"] != STACK
    }


@contextmanager
def show_count(stack: DeployedStack) -> Iterator[ResourceCount]:
    """Show the count on standard error while a deployment runs."""
    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn())
    console, what = Console(stderr=True), TextColumn("resources")
    shown = Progress(*columns, what, TimeElapsedColumn(), console=console, transient=True)
    # Without a terminal the bar would print only an empty line; `say` prints the count instead.
    shown.disable = not console.is_terminal
    with shown as progress:
        yield ResourceCount(stack, progress)
