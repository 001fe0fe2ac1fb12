"""A database clock that stands still until the test moves it, for every session of its database."""

from psycopg.sql import SQL, Identifier

from deskhand.store.connection import Connection

_CLOCK = """
CREATE SCHEMA stopped;
CREATE TABLE stopped.clock AS SELECT pg_catalog.now() AS at;
CREATE FUNCTION stopped.now() RETURNS timestamptz LANGUAGE sql STABLE
AS 'SELECT at FROM stopped.clock';
CREATE FUNCTION stopped.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
AS 'SELECT at FROM stopped.clock'
"""
_DEFAULTS = """
SELECT relname, attname, pg_get_expr(adbin, adrelid) AS expression
FROM pg_attrdef JOIN pg_class c ON c.oid = adrelid
JOIN pg_attribute a ON (attrelid, attnum) = (adrelid, adnum)
WHERE relnamespace = 'public'::regnamespace AND pg_get_expr(adbin, adrelid) LIKE '%now()%'
"""
# Only what is listed comes before the server's own functions.
_PATH = SQL("SET search_path = stopped, public, pg_catalog")


class StoppedClock:
    """Puts `now()` and `clock_timestamp()` of its own before those of the server."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        conn.execute(_CLOCK)
        defaults = conn.execute(_DEFAULTS).fetchall()
        conn.execute(_PATH)
        conn.execute(SQL("ALTER DATABASE {} ").format(Identifier(conn.info.dbname)) + _PATH)
        for row in defaults:
            # The same words, which mean the stopped clock from here on.
            table, column = Identifier(row["relname"]), Identifier(row["attname"])
            conn.execute(
                SQL("ALTER TABLE {} ALTER {} SET DEFAULT ").format(table, column)
                + SQL(row["expression"])
            )

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self._conn.execute(
            "UPDATE stopped.clock SET at = at + make_interval(secs => %(s)s)", {"s": seconds}
        )

    def seconds_until(self, column: str, table: str) -> float:
        """Return how far ahead a moment is that stands in the only row of a table."""
        query = f"SELECT extract(epoch FROM {column} - now())::float8 AS left FROM {table}"  # noqa: S608
        return float(self._conn.execute(query.encode()).fetchone()["left"])
