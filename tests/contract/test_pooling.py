"""Nothing that outlives its transaction: behind a pooler the next statement has another session."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = sorted([*Path("layers/deskhand").rglob("*.py"), *Path("functions").rglob("*.py")])

# SET LOCAL and SET TRANSACTION end with the transaction, and so do *_xact_lock.
STATEMENTS = re.compile(
    r"""(?ix)
    (?: \A | ; ) \s* (?:
        SET \s+ (?: SESSION\b | TIME\s+ZONE\b | ROLE\b | (?! LOCAL\b | TRANSACTION\b )
                    [\w.]+ \s* (?: = | \bTO\b ) )
      | RESET \s+ \w
      | PREPARE \s | EXECUTE \s | DEALLOCATE \s | DISCARD \s | LISTEN \s | UNLISTEN \s
      | DECLARE \s | LOAD \s | CREATE \s+ (?: GLOBAL \s+ | LOCAL \s+ )? TEMP (?: ORARY )? \s
          (?! [^;]* \s ON \s+ COMMIT \s+ DROP )  # that ends with its transaction
    )
    | \b pg_ (?: try_ )? advisory_lock (?: _shared )? \s* \(
    | \b set_config \s* \( [^()]*, \s* false \s* \)
    | \b (?: currval | lastval | setval ) \s* \(
    """
)
# What a connection, a cursor or a statement must not be asked for by name.
ARGUMENTS = {"options", "prepare", "withhold", "scrollable"}
CALLS = {"stream", "add_notify_handler", "notifies", "copy_both"}


def faults(source: str) -> Iterator[str]:
    """What would break behind a pooler, each with its line."""
    tree = ast.parse(source)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            if id(node) in prose:
                continue
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            for found in STATEMENTS.finditer(text):
                yield f"{node.lineno}: {found[0].strip()}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            named = {keyword.arg for keyword in node.keywords if keyword.arg}
            method = node.func.attr
            if method in CALLS or (method == "cursor" and ("name" in named or node.args)):
                yield f"{node.lineno}: {method}()"
            if method in ("connect", "execute", "executemany", "cursor", "open_connection"):
                yield from (f"{node.lineno}: {name}=" for name in sorted(named & ARGUMENTS))


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_no_source_uses_session_state(path: Path) -> None:
    assert list(faults(path.read_text())) == []


MIGRATIONS = sorted(Path("layers/deskhand").rglob("*.sql"))


@pytest.mark.parametrize("path", MIGRATIONS, ids=str)
def test_no_migration_uses_session_state(path: Path) -> None:
    sql = re.sub(r"--.*", "", path.read_text())
    assert [found[0].strip() for found in STATEMENTS.finditer(sql)] == []


def test_prepared_statements_are_off() -> None:
    """psycopg would prepare what it is asked five times."""
    connection = Path("layers/deskhand/deskhand/store/connection.py").read_text()
    assert "prepare_threshold=None" in connection


@pytest.mark.parametrize(
    "bad",
    [
        'conn.execute("SET statement_timeout = 0")',
        'conn.execute("set search_path to x")',
        'conn.execute("SELECT 1; SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")',
        'conn.execute("RESET ALL")',
        'conn.execute("SELECT pg_advisory_lock(1)")',
        'conn.execute("SELECT pg_try_advisory_lock(1)")',
        "conn.execute(\"SELECT set_config('a', 'b', false)\")",
        'conn.execute("LISTEN tickets")',
        'conn.execute(b"CREATE TEMP TABLE t (id int)")',
        'conn.execute("CREATE TEMP TABLE t (id int) ON COMMIT DELETE ROWS")',
        "conn.execute(\"SELECT currval('runs_id_seq')\")",
        'conn.execute("SELECT 1", prepare=True)',
        'conn.cursor("named")',
        'conn.cursor(name="named")',
        'psycopg.connect(url, options="-c statement_timeout=1")',
        'conn.cursor().stream("SELECT 1")',
    ],
)
def test_session_state_is_seen(bad: str) -> None:
    assert list(faults(bad))


@pytest.mark.parametrize(
    "good",
    [
        'conn.execute("SET LOCAL lock_timeout = 0")',
        'conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")',
        'conn.execute("UPDATE runs\\n SET status = 1")',
        'conn.execute("UPDATE a\\nSET b = 1, c = 2 WHERE d")',
        "conn.execute(\"SELECT set_config('a', 'b', true)\")",
        'conn.execute("SELECT pg_advisory_xact_lock(1)")',
        'conn.execute("CREATE TEMP TABLE t (id int) ON COMMIT DROP")',
        "conn.cursor(row_factory=dict_row)",
    ],
)
def test_what_ends_with_its_transaction_is_allowed(good: str) -> None:
    assert not list(faults(good))
