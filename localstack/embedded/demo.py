"""A demo: sample tickets go through the whole product while a person watches."""

import time
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from embedded import following, next_steps, report, samples, tickets
from embedded.console import result_console, say
from embedded.functions import DeployedStack
from embedded.instance import Instance
from embedded.outage import TICKET as OUTAGE_TICKET
from embedded.outage import model_away
from embedded.posting import Accepted, Refused, post_all
from embedded.tickets import Submission
from embedded.variation import rounds, vary

_ROUNDS = "rounds"


@dataclass
class DemoResult:
    """The results of one demo's rows."""

    accepted: list[Accepted] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    found: dict[str, following.Ticket] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, each: Accepted | Refused) -> None:
        """Add the API's answer to one row."""
        if isinstance(each, Accepted):
            self.accepted.append(each)
        else:
            self.refused.append(each)

    def add_all(self, other: "DemoResult") -> None:
        """Add the results of later rows."""
        behind = len(self.accepted) + len(self.refused)
        self.accepted += [replace(each, row=behind + each.row) for each in other.accepted]
        self.refused += [replace(each, row=behind + each.row) for each in other.refused]
        self.found |= other.found
        self.seconds += other.seconds


def submissions(instance: Instance, count: int | None, path: Path | None) -> list[Submission]:
    """Return what to post: the user's file, or samples that no earlier demo has used.

    All of them, unless `count` is given.
    """
    if path:
        return list(tickets.repeat(tickets.read(path), count))
    known = tickets.read(samples.TICKETS)
    return list(islice(rounds(known, rounds_used(instance)), count or len(known)))


def rounds_used(instance: Instance) -> int:
    """Return how many rounds of the samples earlier demos have used."""
    kept = instance.state / _ROUNDS
    return int(kept.read_text()) if kept.exists() else 0


def keep_rounds(instance: Instance, posted: int) -> None:
    """Store how many rounds of the samples were used, after `posted` more tickets."""
    told = rounds_used(instance) + -(-posted // len(tickets.read(samples.TICKETS)))
    (instance.state / _ROUNDS).write_text(str(told))


def demo(instance: Instance, rows: list[Submission], *, outage: bool) -> int:
    """Post the rows, follow them, print the report; return the exit status.

    With `outage` one more ticket arrives while a model does not answer.
    """
    stack = DeployedStack(instance.emulator.url)
    base_url, console = stack.base_url(), result_console()
    outcome = _watch(base_url, rows, console)
    if outage:
        say("demo", "one more ticket, while the model that drafts replies does not answer")
        last = vary(OUTAGE_TICKET, max(rounds_used(instance) - 1, 0))
        with model_away(stack):
            outcome.add_all(_watch(base_url, [last], console))
        rows = [*rows, last]
    folded = stack.invoke("PublishMetricsFunction", {})
    if instance.pushgateway.daemon.pid and not folded.get("pushed"):
        say("metrics", "the pushgateway did not take the totals: see `make logs F=publish_metrics`")
    _show(console, instance, base_url, rows, outcome)
    return 0


def _show(
    console: Console, instance: Instance, base_url: str, rows: list[Submission], outcome: DemoResult
) -> None:
    ordered = sorted(outcome.accepted, key=lambda each: each.row)
    ids = [each.ticket_id for each in ordered]
    whole = [outcome.found[each] | following.ticket(base_url, each) for each in ids]
    report.show(console, whole)
    report.show_refused(console, outcome.refused)
    next_steps.show(console, instance, base_url, whole)
    said = next_steps.summary(len(rows), len(outcome.refused), whole, outcome.seconds)
    console.print(said, highlight=False, soft_wrap=True)


def _watch(base_url: str, rows: list[Submission], console: Console) -> DemoResult:
    started, outcome = time.monotonic(), DemoResult()
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
