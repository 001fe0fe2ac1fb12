"""The catalog in the database: one in force, its vectors unchanged, read once a version."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from deskhand.catalog import loaded as store
from deskhand.catalog.model import Catalog, CatalogPhrases
from deskhand.catalog.parse import parse_catalog
from deskhand.catalog.phrases import embed_phrases
from deskhand.store.connection import Connection, open_connection


@pytest.fixture(autouse=True)
def _fresh_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_last", None)


def made(*names: str) -> tuple[Catalog, CatalogPhrases]:
    catalog = parse_catalog({"service_catalog": {"catalog": {"categories": list(names)}}})
    return catalog, embed_phrases(catalog)


def put(conn: Connection, catalog: Catalog, phrases: CatalogPhrases) -> None:
    with conn.transaction():
        store.activate(conn, catalog, phrases)


def test_none_before_the_first(conn: Connection) -> None:
    assert store.active(conn) is None


def test_what_was_stored_comes_back(conn: Connection) -> None:
    catalog, phrases = made("Hardware", "Network")
    put(conn, catalog, phrases)
    loaded = store.active(conn)
    assert loaded is not None
    assert loaded.catalog == catalog
    assert dict(zip(loaded.phrases.items, rows(loaded.phrases), strict=True)) == dict(
        zip(phrases.items, rows(phrases), strict=True)
    )


def rows(phrases: CatalogPhrases) -> list[bytes]:
    width = 4 * 384
    return [phrases.vectors[n : n + width] for n in range(0, len(phrases.vectors), width)]


def test_the_later_one_is_in_force(conn: Connection) -> None:
    one, two = made("A"), made("B")
    for catalog, phrases in (one, two, one):
        put(conn, catalog, phrases)
        loaded = store.active(conn)
        assert loaded is not None
        assert loaded.catalog == catalog


def test_an_unchanged_catalog_is_not_read_again(conn: Connection) -> None:
    """F-I2"""
    put(conn, *made("A"))
    assert store.active(conn) is store.active(conn)


def test_two_at_once_leave_one_in_force(database: str, conn: Connection) -> None:
    candidates = [made(name) for name in ("A", "B", "C", "D")]

    def load(candidate: tuple[Catalog, CatalogPhrases]) -> None:
        with open_connection(database) as own, own.transaction():
            store.activate(own, *candidate)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(load, candidates))
    row = conn.execute("SELECT count(*) AS n FROM catalogs WHERE active").fetchone()
    assert row == {"n": 1}
