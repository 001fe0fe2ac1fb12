"""What the database's schema lacks that this code needs.

Migrations only add to what older code uses, and are applied beside running functions. So a new
function may meet an old schema for a moment, but an old function never misses anything.
"""

from importlib.resources import files
from typing import Any

import psycopg


def available() -> list[str]:
    """The names of all migrations, in order of application."""
    folder = files("deskhand.store.migrations")
    return sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))


def missing_migrations(conn: psycopg.Connection[Any]) -> list[str]:
    """The names of the migrations that the database has not got yet."""
    # One that was never migrated has not even the table.
    if not conn.execute("SELECT WHERE to_regclass('migrations') IS NOT NULL").rowcount:
        return available()
    applied = {str(row["name"]) for row in conn.execute("SELECT name FROM migrations")}
    return [name for name in available() if name not in applied]
