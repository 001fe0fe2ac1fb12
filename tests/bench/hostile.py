"""How long the worst text of 10,000 characters takes each reader, beside ordinary prose."""

from rich.table import Table

from tests.hostile.growth import least_seconds
from tests.hostile.readers import READERS, Reader

_CHARACTERS = 10_000
_PROSE = "Since Monday the printer on floor 2 prints nothing. We restarted it twice, no change.\n"
_GOAL = 0.2


def measure() -> Table:
    """A row for each reader: prose, the worst of all generated texts, and which that is."""
    table = Table(title=f"reading {_CHARACTERS:,} characters", title_justify="left")
    table.add_column("reader")
    for name in ("texts", "prose", "worst", "goal"):
        table.add_column(name, justify="right")
    table.add_column("what it repeats")
    for name, reader in READERS.items():
        table.add_row(name, *_row(reader))
    return table


def _row(reader: Reader) -> tuple[str, ...]:
    prose = (_PROSE * (_CHARACTERS // len(_PROSE) + 1))[:_CHARACTERS]
    costs = {a: least_seconds(reader.read, a.text(_CHARACTERS), 1) for a in reader.attacks()}
    slowest = sorted(costs, key=lambda attack: -costs[attack])[:3]
    # Measured once among thousands, some are slow by chance.
    worst, attack = max((least_seconds(reader.read, a.text(_CHARACTERS), 3), a) for a in slowest)
    usual = least_seconds(reader.read, prose, 3)
    times = (f"{1000 * seconds:.1f} ms" for seconds in (usual, worst, _GOAL))
    return f"{len(costs)}", *times, repr(attack.before + attack.piece)[:30]
