"""Sample tickets through the whole product, watched by a person."""

import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from embedded import following, report, samples, tickets
from embedded.console import say
from embedded.errors import EmbeddedError
from embedded.functions import Deployed
from embedded.instance import Instance
from embedded.outage import TICKET as OUTAGE_TICKET
from embedded.outage import model_away
from embedded.posting import Accepted, Refused, post_all
from embedded.tickets import Submission

_WIDTH_OF_A_FILE = 170


@dataclass
class Outcome:
    """What became of one demo's rows."""

    accepted: list[Accepted] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    found: dict[str, following.Ticket] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, each: Accepted | Refused) -> None:
        """Note what the API said to one row."""
        if isinstance(each, Accepted):
            self.accepted.append(each)
        else:
            self.refused.append(each)

    def add_all(self, other: "Outcome") -> None:
        """Note what became of later rows."""
        behind = len(self.accepted) + len(self.refused)
        self.accepted += [replace(each, row=behind + each.row) for each in other.accepted]
        self.refused += [replace(each, row=behind + each.row) for each in other.refused]
        self.found |= other.found
        self.seconds += other.seconds


def submissions(count: int | None, path: Path | None) -> list[Submission]:
    """Return what to post: the samples or a user's file, whole unless `count` says else."""
    if count is not None and count < 1:
        raise EmbeddedError(f"N={count} makes no demo: give a number of at least 1")
    return list(tickets.cycled(tickets.read(path or samples.TICKETS), count))


def demo(instance: Instance, rows: list[Submission], *, outage: bool) -> int:
    """Post the rows, follow them, print what happened; return the exit status.

    With an `outage` one more ticket comes in while a model is away.
    """
    stack = Deployed(instance.emulator.url)
    base_url = stack.base_url()
    # In a file or a pipeline there is no width to keep to.
    console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
    outcome = _watch(base_url, rows, console)
    if outage:
        say("demo", "one more ticket, while the model that drafts replies does not answer")
        with model_away(stack):
            outcome.add_all(_watch(base_url, [OUTAGE_TICKET], console))
        rows = [*rows, OUTAGE_TICKET]
    folded = stack.invoke("PublishMetricsFunction", {})
    if instance.pushgateway.daemon.pid and not folded.get("pushed"):
        say("metrics", "the pushgateway did not take the totals: see `make logs F=publish_metrics`")
    report.show(console, instance, base_url, outcome.accepted, outcome.found)
    report.show_refused(console, outcome.refused)
    report.show_links(console, instance, base_url, outcome.accepted)
    report.show_sum(console, len(rows), len(outcome.refused), outcome.found, outcome.seconds)
    return 0


def _watch(base_url: str, rows: list[Submission], console: Console) -> Outcome:
    started, outcome = time.monotonic(), Outcome()
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        posted = progress.add_task("posted", total=len(rows))
        completed = progress.add_task("completed", total=len(rows))
        failed = progress.add_task("failed", total=len(rows))
        for each in post_all(base_url, rows, uuid4().hex[:12]):
            outcome.add(each)
            progress.advance(posted)
        total = len(outcome.accepted)

        def show(found: list[following.Ticket]) -> None:
            states = [ticket["workflow_status"] for ticket in found]
            progress.update(completed, completed=states.count("COMPLETED"), total=total)
            progress.update(failed, completed=states.count("FAILED"), total=total)

        if outcome.accepted:
            wanted = {each.ticket_id for each in outcome.accepted}
            outcome.found = following.follow(base_url, wanted, show)
    outcome.seconds = time.monotonic() - started
    return outcome
