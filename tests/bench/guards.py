"""How much personal data and how many attacks are noticed, and what honest texts are taken for."""

from collections import Counter

from rich.console import Group
from rich.table import Table

from deskhand.safety.injection.detection import examine
from deskhand.safety.personal_data.finding import find
from deskhand.ticket import TicketText
from tests.unit.safety.injection.cases import attacks, honest_lines
from tests.unit.safety.personal_data.marked import marked_lines, plain_lines, world
from tests.unit.safety.personal_data.recall import LEADS, recall


def measure() -> Group:
    """Rates by kind and by disguise; the sets lie beside the unit tests."""
    return Group(_personal(), _attacks(), _honest())


def _personal() -> Table:
    table = _table("personal data found", "", "found", "of", "recall")
    asked, hit = Counter[str](), Counter[str]()
    for line in marked_lines():
        found = {(f.start, f.end) for f in find(line.text)}
        for kind, start, end in line.marks:
            asked[kind] += 1
            hit[kind] += (start, end) in found
    for kind in sorted(asked):
        _add(table, f"{kind}, own set", hit[kind], asked[kind])
    numbers = world()
    for form in ("international", "national"):
        spelled = [getattr(number, form) for number in numbers]
        for name, (lead, _) in LEADS.items():
            share = recall(lead, spelled)
            _add(
                table, f"PHONE of every country, {form}, {name}", share * len(spelled), len(spelled)
            )
    return table


def _attacks() -> Table:
    table = _table("attacks noticed, by disguise", "", "noticed", "of", "rate")
    asked, hit = Counter[str](), Counter[str]()
    for attack in attacks():
        asked[attack.disguise] += 1
        hit[attack.disguise] += bool(examine(attack.ticket).signs)
    for disguise, number in asked.items():
        _add(table, disguise, hit[disguise], number)
    _add(table, "all", hit.total(), asked.total())
    return table


def _honest() -> Table:
    table = _table("honest texts that were taken for something", "", "taken", "of", "rate")
    plain, honest = plain_lines(), honest_lines()
    _add(table, "numbers, for personal data", sum(bool(find(text)) for text in plain), len(plain))
    suspected = sum(bool(examine(TicketText("Help", line)).signs) for line in honest)
    _add(table, "lookalikes, for attacks", suspected, len(honest))
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title)
    for column in columns:
        table.add_column(column, justify="right" if column else "left")
    return table


def _add(table: Table, name: str, hits: float, number: int) -> None:
    table.add_row(name, f"{hits:.0f}", str(number), f"{hits / number:.1%}")
