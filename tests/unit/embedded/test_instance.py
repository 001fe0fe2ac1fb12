"""Instances: their ports and what they keep."""

import json
import socket
from pathlib import Path

import pytest

from embedded import instance as module
from embedded.errors import EmbeddedError
from embedded.instance import DEFAULT_PORTS, Detour, Instance
from embedded.ports import unused_port
from embedded.stack import wipe


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return tmp_path


def test_the_demo_has_the_well_known_ports() -> None:
    assert Instance.from_environment({}).ports == DEFAULT_PORTS


def test_the_environment_chooses_ports_and_the_name() -> None:
    variables = {"DESKHAND_INSTANCE": "other", "POSTGRES_PORT": "5433", "LOCALSTACK_PORT": ""}
    chosen = Instance.from_environment(variables)
    assert chosen.name == "other"
    assert chosen.ports["POSTGRES_PORT"] == 5433


@pytest.mark.parametrize("text", ["abc", "0", "65536", "-1", "4566.0"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(EmbeddedError, match=f"LOCALSTACK_PORT={text} is not a port"):
        Instance.from_environment({"LOCALSTACK_PORT": text})


def test_another_instance_finds_free_ports_and_keeps_them() -> None:
    first = Instance("test").ports
    assert Instance("test").ports == first
    assert not set(first.values()) & set(DEFAULT_PORTS.values())


def test_ports_are_remembered_once_used() -> None:
    chosen = {name: unused_port() for name in DEFAULT_PORTS}
    Instance("demo", tuple(chosen.items())).settle_ports()
    assert Instance("demo").ports == chosen


def test_a_busy_port_stops_the_demo_and_moves_any_other() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        busy = listener.getsockname()[1]
        with pytest.raises(EmbeddedError, match=f"port {busy} is in use"):
            Instance("demo", (("LOCALSTACK_PORT", busy),)).settle_ports()
        other = Instance("test")
        other.claim()
        (other.state / "ports.json").write_text(f'{{"LOCALSTACK_PORT": {busy}}}')
        other.settle_ports()
        assert other.ports["LOCALSTACK_PORT"] != busy


def test_one_command_at_a_time(root: Path) -> None:
    with Instance("test").lock():
        assert (root / ".local/test/lock").exists()


@pytest.mark.parametrize(
    "name",
    ["../x", "..", ".", "a/b", "/x", "Demo", "-x", "a b", "a\n", "postgres-1.0", "x" * 41],
)
def test_a_name_that_could_be_a_path_is_refused(name: str) -> None:
    """F-N12"""
    with pytest.raises(EmbeddedError, match="is not a name: give 1 to 40 lower-case letters"):
        Instance.from_environment({"DESKHAND_INSTANCE": name})


@pytest.mark.parametrize("name", ["venvs", "bootstrap", "pushgateway", "scan"])
def test_names_of_what_all_instances_share_are_reserved(name: str) -> None:
    """F-N12"""
    with pytest.raises(EmbeddedError, match=f"DESKHAND_INSTANCE={name} is reserved"):
        Instance.from_environment({"DESKHAND_INSTANCE": name})


def test_an_instance_that_was_made_is_removed_whole(root: Path) -> None:
    with Instance("test").lock():
        (root / ".local/test/postgres").mkdir()
    (root / ".local/other").mkdir()
    wipe(Instance("test"))
    assert [path.name for path in (root / ".local").iterdir()] == ["other"]
    Instance("test").remove()


def test_an_instance_of_an_earlier_version_is_removed(root: Path) -> None:
    (root / ".local/test").mkdir(parents=True)
    (root / ".local/test/ports.json").write_text(json.dumps(DEFAULT_PORTS))
    wipe(Instance("test"))
    assert not (root / ".local/test").exists()


def test_a_directory_of_somebody_else_is_not_touched(root: Path) -> None:
    """F-N12"""
    (root / ".local/test").mkdir(parents=True)
    (root / ".local/test/thesis.tex").touch()
    for forbidden in (wipe, Instance.claim, Instance.remove):
        with pytest.raises(EmbeddedError, match="was not made by Deskhand"):
            forbidden(Instance("test"))
    assert [path.name for path in (root / ".local/test").iterdir()] == ["thesis.tex"]


def test_a_link_to_elsewhere_is_not_followed(root: Path, tmp_path: Path) -> None:
    """F-N12"""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "instance").touch()
    (root / ".local").mkdir()
    (root / ".local/test").symlink_to(elsewhere)
    with pytest.raises(EmbeddedError, match="leads elsewhere"):
        wipe(Instance("test"))
    assert (elsewhere / "instance").exists()


def test_a_link_in_place_of_the_database_is_not_followed(root: Path, tmp_path: Path) -> None:
    """F-N12"""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    Instance("test").claim()
    (root / ".local/test/postgres").symlink_to(elsewhere)
    with pytest.raises(EmbeddedError, match="is a link that Deskhand did not make"):
        wipe(Instance("test"))
    assert elsewhere.exists()


def test_a_detour_is_for_functions_only(root: Path) -> None:
    direct, around = Instance("test"), Instance("test", detour=Detour(postgres=1111, aws=2222))
    direct.claim()
    (root / ".local/test/postgres").mkdir()
    (root / ".local/test/postgres/password").write_text("secret")
    assert direct.functions_postgres.dsn == direct.postgres.dsn == around.postgres.dsn
    assert ":1111/" in around.functions_postgres.dsn
    assert around.emulator.url == direct.emulator.url
    assert around.emulator.detour_port == 2222
