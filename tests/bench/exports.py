"""Exports of TICKETS tickets (50,000): the function itself, and a server in place of a bucket."""

import os

from psycopg.conninfo import make_conninfo
from rich.table import Table

from deskhand.store import exports
from deskhand.uuid7 import uuid7
from tests.bench.alone import bucket, run
from tests.bench.filled import filled

ROWS = int(os.environ.get("TICKETS", "50000"))
GOAL_MB = 256
_WRITE = """
from functions.write_exports.handler import handler
done = handler({}, None)
assert done["rows"] == int(sys.argv[2]), done
"""


def measure() -> Table:
    """Seconds, and MB of memory and of temporary files at their highest, of each format."""
    table = Table(title=f"an export of {ROWS:,} tickets; goal: {GOAL_MB} MB of memory")
    for column in ("", "seconds", "of processor", "memory MB", "temporary MB"):
        table.add_column(column, justify="right" if column else "left")
    with filled(ROWS, counted=False) as conn, bucket() as address:
        for kind in ("csv", "xlsx"):
            exports.add(conn, uuid7(), "bench", "", kind)
            found = run(
                "",
                _WRITE,
                str(ROWS),
                DATABASE_URL=make_conninfo(conn.info.dsn, password=conn.info.password),
                REPORTS_BUCKET="reports",
                AWS_ENDPOINT_URL=address,
                AWS_ACCESS_KEY_ID="x",
                AWS_SECRET_ACCESS_KEY="x",
                AWS_DEFAULT_REGION="us-east-1",
                POWERTOOLS_LOG_LEVEL="ERROR",
            )
            wall, processor, memory, files = found
            table.add_row(kind, f"{wall:.1f}", f"{processor:.1f}", f"{memory:.0f}", f"{files:.0f}")
    return table
