"""Reading an export and auditing it: 20,000 tickets, time and memory, each in its own process."""

import json
import random
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from rich.table import Table

from deskhand.spreadsheets.write import open_spreadsheet

ROWS = 20_000
_HEADER = ("Issue key", "Issue id", "Summary", "Description", "Component/s", "Request Type",
           "Created", "Resolved", "Due date")  # fmt: skip
_CATALOG = Path("localstack/samples/catalog.yaml")
_FLOOR = (
    "import csv, sys\n"
    "csv.field_size_limit(10**7)\n"
    "n = sum(1 for _ in csv.reader(open(sys.argv[1], newline='')))"
)
_CALAMINE = (
    "import python_calamine as c, sys\n"
    "n = sum(1 for _ in c.load_workbook(sys.argv[1]).get_sheet_by_index(0).iter_rows())"
)
_READ = (
    "import sys; from pathlib import Path; from zoneinfo import ZoneInfo\n"
    "from deskhand.audits.export import read_export\n"
    "from deskhand.spreadsheets.columns import columns_of\n"
    "from deskhand.spreadsheets.read import read_table\n"
    "table = read_table(open(sys.argv[1], 'rb'))\n"
    "export = read_export(table, columns_of(table.header), None, ZoneInfo('UTC'))\n"
    "n = len(export.tickets)"
)
_AUDIT = (
    f"{_READ}\n"
    "import math, yaml\n"
    "from deskhand.audits.audit import Line, audit\n"
    "from deskhand.catalog.loaded import LoadedCatalog\n"
    "from deskhand.catalog.parse import parse_catalog\n"
    "from deskhand.catalog.phrases import embed_phrases\n"
    "catalog = parse_catalog(yaml.safe_load(Path(sys.argv[2]).read_text()))\n"
    "loaded = LoadedCatalog(catalog, embed_phrases(catalog))\n"
    "result = audit(export.tickets, loaded, Line(0.7, 0.9), lambda: 900.0)\n"
    "print(result['summary'], file=sys.stderr)"
)
# Not ru_maxrss: a process inherits its parent's.
_MEASURED = (
    "import json, re, time\n"
    "start = time.perf_counter()\n"
    "{program}\n"
    "peak = re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())\n"
    "print(json.dumps([n, time.perf_counter() - start, time.process_time(), int(peak[1]) / 1024]))"
)


def measure() -> Table:
    """Rows, seconds and megabytes of each reader beside its floor, and of the whole audit."""
    table = Table(title=f"an export of {ROWS:,} tickets")
    for column in ("", "rows", "seconds", "of processor", "memory MB"):
        table.add_column(column, justify="right" if column else "left")
    with tempfile.TemporaryDirectory() as folder:
        text, book = Path(folder, "export.csv"), Path(folder, "export.xlsx")
        _write(text, book)
        for title, program, file in (
            ("CSV, bare csv.reader", _FLOOR, text),
            ("CSV, export read", _READ, text),
            ("XLSX, bare calamine", _CALAMINE, book),
            ("XLSX, export read", _READ, book),
            ("whole audit of the CSV", _AUDIT, text),
        ):
            rows, seconds, busy, memory = _run(program, file)
            table.add_row(title, f"{rows:,.0f}", f"{seconds:.2f}", f"{busy:.2f}", f"{memory:.0f}")
    return table


def _run(program: str, file: Path) -> tuple[float, float, float, float]:
    command = [sys.executable, "-c", _MEASURED.format(program=program), str(file), str(_CATALOG)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows, seconds, busy, memory = json.loads(done.stdout)
    return rows, seconds, busy, memory


def _write(text: Path, book: Path) -> None:
    rows = [_HEADER, *_rows()]
    lines = (";".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    text.write_text("\n".join(lines), encoding="utf-8")
    with open_spreadsheet(book, datetime(2026, 1, 1, tzinfo=UTC)) as made:
        made.add_table("Issues", _HEADER, [20] * len(_HEADER)).extend(rows[1:])


def _rows() -> list[tuple[str, ...]]:
    """Tickets in the words of the catalog; one in twenty is in the wrong place."""
    chance = random.Random(1)  # noqa: S311 - the same ones every time
    catalog = yaml.safe_load(_CATALOG.read_text())["service_catalog"]["catalog"]
    places = [
        (category["name"], request["name"], " ".join(
            [request["name"], request.get("description", ""), *request.get("keywords", ()),
             *request.get("examples", ())]).split())
        for category in catalog["categories"] for request in category["requests"]
    ]  # fmt: skip
    start = datetime(2025, 1, 1, tzinfo=UTC)
    return [_row(number, chance, places, start) for number in range(ROWS)]


def _row(
    number: int, chance: random.Random, places: list[tuple[str, str, list[str]]], start: datetime
) -> tuple[str, ...]:
    category, request_type, words = chance.choice(places)
    said = " ".join(chance.choices(words, k=40))
    if chance.random() < 0.05:
        category, request_type, _ = chance.choice(places)
    created = start + timedelta(minutes=20 * number)
    solved = created + timedelta(hours=chance.randrange(1, 200))
    times = [at.strftime("%d/%b/%y %I:%M %p") for at in (created, solved)]
    subject = f"{said[:40]} {number}"
    return (f"IT-{number}", str(number), subject, said, category, request_type, *times, "")
