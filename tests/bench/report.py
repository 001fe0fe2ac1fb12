"""The report of a run: writing beside bare XlsxWriter, and BuildReport's time and memory."""

from rich.table import Table

from deskhand.store.connection import open_connection
from deskhand.store.migrate import migrate
from embedded.postgres import Server
from tests.attributed import attributed
from tests.bench.alone import bucket, run

ROWS, REPEATS = 50_000, 3
GOAL_RATIO, GOAL_MB = 1.3, 256
# The same rows for both: as long as those of a helpdesk, a third without SLA.
_ROWS = (
    f"rows = [(str(n), 'Network', 'VPN access', f'The VPN drops every {{n}} minutes, since Monday',"
    f" None if n % 3 == 0 else 8.0, None if n % 3 == 0 else 'hours') for n in range({ROWS})]\n"
)
_BARE = """
import xlsxwriter
book = xlsxwriter.Workbook(sys.argv[1], {'constant_memory': True})
sheet = book.add_worksheet()
cell = book.add_format({'font_size': 14, 'border': 1, 'text_wrap': True, 'valign': 'top'})
for at, row in enumerate(rows):
    for column, value in enumerate(row):
        if value is None:
            sheet.write_blank(at, column, None, cell)
        elif isinstance(value, str):
            sheet.write_string(at, column, value, cell)
        else:
            sheet.write_number(at, column, value, cell)
book.close()
"""
_OURS = """
from datetime import UTC, datetime
from pathlib import Path
from deskhand.spreadsheets.write import open_spreadsheet
with open_spreadsheet(Path(sys.argv[1]), datetime(2026, 1, 1, tzinfo=UTC)) as book:
    book.add_table('Rows', ('a', 'b', 'c', 'd', 'e', 'f'), (5, 8, 11, 50, 3, 5)).extend(rows)
"""
_BUILD = """
from functions.build_report.handler import handler
handler({'run_id': int(sys.argv[2]), 'attempt': 1, 'retry_count': 0}, None)
"""


def measure() -> Table:
    """Seconds of wall and processor time (the best of several), and the highest memory in use."""
    title = f"a report of {ROWS:,} rows; goals: {GOAL_RATIO}x bare, {GOAL_MB} MB"
    table = Table(title=title)
    for column in ("", "seconds", "of processor", "times bare", "memory MB"):
        table.add_column(column, justify="right" if column else "left")
    bare, ours = _best(_ROWS, _BARE), _best(_ROWS, _OURS)
    _add(table, "XlsxWriter, bare", bare, bare)
    _add(table, "our writer", ours, bare)
    for rows in (1_000, ROWS):
        _add(table, f"BuildReport, {rows:,} rows", _built(rows), None)
    return table


def _built(rows: int) -> list[float]:
    """BuildReport itself, with a database and a server in place of the bucket."""
    with (
        Server.temporary() as server,
        bucket() as address,
        open_connection(server.dsn, wait_seconds=None) as conn,
    ):
        migrate(conn)
        run_id = attributed(conn, (_request(number) for number in range(rows)))
        return run(
            "",
            _BUILD,
            str(run_id),
            DATABASE_URL=server.dsn,
            REPORTS_BUCKET="reports",
            AWS_ENDPOINT_URL=address,
            AWS_ACCESS_KEY_ID="x",
            AWS_SECRET_ACCESS_KEY="x",
            AWS_DEFAULT_REGION="us-east-1",
            POWERTOOLS_LOG_LEVEL="ERROR",
        )


def _add(table: Table, name: str, found: list[float], bare: list[float] | None) -> None:
    wall, processor, memory, _ = found
    ratio = f"{processor / bare[1]:.2f}" if bare else ""
    table.add_row(name, f"{wall:.2f}", f"{processor:.2f}", ratio, f"{memory:.0f}")


def _best(setup: str, program: str) -> list[float]:
    return min((run(setup, program) for _ in range(REPEATS)), key=lambda found: found[1])


def _request(number: int) -> dict[str, object]:
    wrong = {"outcome": "rejected", "reason": "its pair is not in the catalog"}
    return {
        "helpdesk_id": str(number),
        "category": f"Category {number % 7}",
        "request_type": f"Type {number % 22}",
        "short_description": f"The VPN drops every {number} minutes, since Monday",
        "sla_value": 8,
        "sla_unit": "hours",
        **(wrong if number % 10 == 0 else {}),
    }
