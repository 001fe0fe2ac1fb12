"""Judged pairs: tickets, the articles of several products, and what a draft must and must not say.

A file is one product. `half` is "open" for those that were looked at while the drafts were mended,
and "held" for those that were not. Each ticket says what its draft must have:

- `kind`: `answer` unless given, `question`, `none`, or `any` where only `never` counts;
- `says`: words that are in it; `never`: words that are not;
- `first`: words of the first statement or step;
- `told`: words that may be said, but not as a step.

Case, white space and the numbers of citations do not count.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
_CITED = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class Judged:
    """A ticket with what its draft must and must not say."""

    id: str
    subject: str
    body: str
    held: bool
    kind: str = "answer"
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    first: str = ""
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pairs:
    """All tickets, and the articles of all products, which every ticket is answered from."""

    articles: list[dict[str, str]]
    tickets: list[Judged]


def pairs() -> Pairs:
    """The set as it is in this folder."""
    products = [tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))]
    return Pairs(
        [article for each in products for article in each["articles"]],
        [_judged(row, each["half"] == "held") for each in products for row in each["tickets"]],
    )


def faults(ticket: Judged, draft: dict[str, Any]) -> list[str]:
    """What is wrong with the draft, as names of rules; `draft` is as a ticket stores it."""
    text = _flat(draft["text"])
    claims = [_flat(each["text"]) for each in (*draft["statements"], *draft["steps"])]
    steps = [_flat(each["text"]) for each in draft["steps"]]
    wrong = {
        "kind": ticket.kind not in (draft["kind"], "any"),
        "says": any(_flat(each) not in text for each in ticket.says),
        "never": any(_flat(each) in text for each in ticket.never),
        "first": ticket.first and _flat(ticket.first) not in "".join(claims[:1]),
        "told": any(_flat(each) in step for each in ticket.told for step in steps),
        "review": not draft["review"]["passed"],
    }
    return [name for name, is_wrong in wrong.items() if is_wrong]


def _judged(row: dict[str, Any], held: bool) -> Judged:
    lists = {name: tuple(row.get(name, ())) for name in ("says", "never", "told")}
    return Judged(**{**row, **lists, "held": held})


def _flat(text: str) -> str:
    return " ".join(_CITED.sub("", text).casefold().split())
