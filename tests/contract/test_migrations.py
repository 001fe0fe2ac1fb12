"""Migrations only add to what functions that run already use."""

import re
from pathlib import Path

import pytest

from tests.contract.expanding import breaches

MIGRATIONS = sorted(Path("layers/deskhand/deskhand/store/migrations").glob("*.sql"))
# Those before it are older than the first release.
FIRST = "0031"
# Never released, and not to be used again: a new database would apply them before, and an old one
# after, those that follow.
UNUSED = {15, 16}


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_a_function_of_the_release_before_survives_a_migration(path: Path) -> None:
    """F-N5"""
    if path.stem >= FIRST:
        assert list(breaches(path.read_text())) == []


def test_each_number_is_used_once() -> None:
    """F-N5"""
    numbers = [int(path.stem[:4]) for path in MIGRATIONS]
    assert len(numbers) == len(set(numbers)) and not UNUSED & set(numbers)
    assert all(re.fullmatch(r"\d{4}_[a-z_]+", path.stem) for path in MIGRATIONS)


@pytest.mark.parametrize(
    ("statement", "fine"),
    [
        ("CREATE TABLE a (b text NOT NULL)", True),
        ("ALTER TABLE a ADD COLUMN b text", True),
        ("ALTER TABLE a ADD COLUMN b text NOT NULL DEFAULT ''", True),
        ("ALTER TABLE a ADD COLUMN b text NOT NULL, ADD COLUMN c text NOT NULL DEFAULT ''", False),
        ("ALTER TABLE a ADD COLUMN b text DEFAULT '', ADD COLUMN c text NOT NULL", False),
        ("ALTER TABLE a ADD COLUMN b text NOT NULL GENERATED ALWAYS AS (c) STORED", True),
        ("ALTER TABLE a ADD CONSTRAINT b CHECK (c > 0) NOT VALID", True),
        ("ALTER TABLE a ADD CONSTRAINT b CHECK (c > 0)", False),
        ("ALTER TABLE a DROP COLUMN b", False),
        ("ALTER TABLE a RENAME COLUMN b TO c", False),
        ("alter table a rename to b", False),
        ("ALTER TABLE a ALTER COLUMN b TYPE bigint", False),
        ("ALTER TABLE a ALTER b SET NOT NULL", False),
        ("ALTER TABLE a ALTER COLUMN b DROP DEFAULT", False),
        ("ALTER TABLE a ALTER COLUMN b DROP NOT NULL", True),
        ("DROP TABLE a", False),
        ("-- contract: nothing has read it since 0.4\nDROP TABLE a", True),
        ("-- it is old\nDROP TABLE a", False),
        ("DROP INDEX a", True),
        ("DELETE FROM a", False),
        ("DELETE FROM a WHERE b", True),
        ("CREATE FUNCTION a() RETURNS int AS $$ DROP TABLE b; $$ LANGUAGE sql", True),
        ("INSERT INTO a VALUES ('DROP TABLE b; RENAME')", True),
    ],
)
def test_what_the_linter_sees(statement: str, fine: bool) -> None:
    assert (list(breaches(f"CREATE INDEX z ON a (b); {statement};")) == []) == fine
