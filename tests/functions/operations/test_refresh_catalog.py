"""The catalog at its place: taken over when it changes, kept while the place is away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deskhand.catalog.loaded import document_in_force
from deskhand.operations.refresh_catalog import CatalogStale
from deskhand.settings import environment
from deskhand.store.connection import Connection
from functions.refresh_catalog.handler import handler
from tests import clocks
from tests.environment import new_environment
from tests.functions.conftest import event
from tests.servers import Desk, serving

ONE = b"service_catalog: {catalog: {categories: [{name: A}]}}"
TWO = b"service_catalog: {catalog: {categories: [{name: B}]}}"


@pytest.fixture
def desk(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with serving() as served:
        monkeypatch.setenv("CATALOG_SOURCE", f"{served.url}/catalog.yaml")
        monkeypatch.setenv("PRIVATE_URLS", "true")
        environment.settings.cache_clear()
        served.body, served.headers = ONE, {"ETag": '"1"'}
        yield served
    environment.settings.cache_clear()


def refresh() -> dict[str, Any]:
    return handler(event("refresh_catalog"), None)


def names(conn: Connection) -> list[str]:
    known = document_in_force(conn)
    return [each.name for each in known.categories] if known else []


def test_nothing_to_do_without_a_source(database: str) -> None:
    assert refresh() == {"outcome": "no source"}


def test_a_change_is_taken_over(conn: Connection, desk: Desk) -> None:
    """F-I1 F-I2"""
    assert refresh()["outcome"] == "refreshed"
    assert names(conn) == ["A"]
    desk.body, desk.headers = TWO, {"ETag": '"2"'}
    assert refresh()["outcome"] == "refreshed"
    assert names(conn) == ["B"]
    seen = [headers.get("if-none-match") for _, _, headers, _ in desk.requests]
    assert seen == [None, '"1"']


def test_304_changes_nothing(conn: Connection, desk: Desk) -> None:
    """F-I2"""
    first = refresh()
    desk.status, desk.body = 304, b""
    assert refresh() == {"outcome": "unchanged", "version": first["version"]}
    assert names(conn) == ["A"]


def test_a_304_that_nobody_asked_for_is_no_catalog(conn: Connection, desk: Desk) -> None:
    desk.status = 304
    assert refresh()["outcome"] == "kept"
    assert names(conn) == []


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (500, b"", "it answered 500"),
        (404, b"", "it answered 404"),
        (302, b"", "it answered 302"),
        (200, b"<html>Sign in</html>", "/"),
        (200, b"", "/"),
        (200, b"service_catalog: {catalog: {categories: [{name: A}, {name: a}]}}", "/1/name"),
        (200, b"a: !!python/object:os.system {}", "tags"),
        (200, b"x" * 1_000_001, "larger than"),
    ],
)
def test_the_last_good_copy_stays(
    conn: Connection, desk: Desk, status: int, body: bytes, why: str
) -> None:
    """F-I2"""
    refresh()
    desk.status, desk.body = status, body
    done = refresh()
    assert (done["outcome"], why in done["error"]) == ("kept", True)
    assert names(conn) == ["A"]
    # The tag of the good one stays too.
    desk.status, desk.body = 200, TWO
    refresh()
    assert desk.requests[-1][2]["if-none-match"] == '"1"'
    assert names(conn) == ["B"]


@pytest.mark.parametrize(("hours", "stale"), [(23.9, False), (24.1, True)])
def test_older_than_the_limit_is_a_failure(
    conn: Connection, desk: Desk, hours: float, stale: bool
) -> None:
    """F-I2: it stays in force all the same."""
    refresh()
    conn.execute(
        "UPDATE catalog_source SET checked_at = now() - make_interval(secs => %s)", [hours * 3600]
    )
    desk.status = 503
    if stale:
        with pytest.raises(CatalogStale, match="503"):
            refresh()
    else:
        assert refresh()["outcome"] == "kept"
    assert names(conn) == ["A"]


def test_an_answer_in_between_starts_the_time_anew(conn: Connection, desk: Desk) -> None:
    refresh()
    conn.execute("UPDATE catalog_source SET checked_at = now() - interval '30 hours'")
    desk.status = 304
    assert refresh()["outcome"] == "unchanged"
    desk.status = 503
    assert refresh()["outcome"] == "kept"


def test_a_source_that_never_answered_fails_too(conn: Connection, desk: Desk) -> None:
    desk.status = 503
    assert refresh()["outcome"] == "kept"
    conn.execute("UPDATE catalog_source SET since = now() - interval '25 hours'")
    with pytest.raises(CatalogStale):
        refresh()


def test_our_own_network_is_not_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRIVATE_URLS", "false")
    for url in (desk.url, desk.url.replace("http:", "https:")):
        monkeypatch.setenv("CATALOG_SOURCE", url)
        environment.settings.cache_clear()
        assert refresh()["outcome"] == "kept"
    assert desk.requests == []


def test_a_catalog_loaded_by_hand_stays_until_the_source_changes(
    conn: Connection, desk: Desk
) -> None:
    refresh()
    clocks.catalog(conn)
    desk.status, desk.body = 304, b""
    assert refresh()["outcome"] == "unchanged"
    assert names(conn) == ["Network"]


def test_an_object_in_s3(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-I1 F-I2"""
    with mock_aws():
        new_environment()
        bucket = boto3.client("s3")
        bucket.create_bucket(Bucket="desk")
        monkeypatch.setenv("CATALOG_SOURCE", "s3://desk/it/catalog.yaml")
        environment.settings.cache_clear()
        assert refresh()["error"] == "NoSuchKey"
        bucket.put_object(Bucket="desk", Key="it/catalog.yaml", Body=ONE)
        assert [refresh()["outcome"], refresh()["outcome"]] == ["refreshed", "unchanged"]
        bucket.put_object(Bucket="desk", Key="it/catalog.yaml", Body=TWO)
        assert refresh()["outcome"] == "refreshed"
        assert names(conn) == ["B"]
        new_environment()
    environment.settings.cache_clear()


def test_a_file(conn: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-I1"""
    file = tmp_path / "catalog.yaml"
    monkeypatch.setenv("CATALOG_SOURCE", str(file))
    environment.settings.cache_clear()
    assert refresh()["error"] == "No such file or directory"
    file.write_bytes(ONE)
    assert [refresh()["outcome"], refresh()["outcome"]] == ["refreshed", "unchanged"]
    environment.settings.cache_clear()
