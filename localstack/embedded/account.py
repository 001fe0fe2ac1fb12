"""The system account of Postgres, which refuses to run as root."""

import hashlib
import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypedDict

from embedded.errors import EmbeddedError

_SHARED_STATE = Path("/var/lib/deskhand")


class Identity(TypedDict, total=False):
    """The arguments of `subprocess.Popen` that select a program's user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """A user and group id; for anyone but root, our own."""

    uid: int
    gid: int

    @classmethod
    def without_rights(cls) -> Self:
        """Return `nobody` for root, else the current user."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)

    @property
    def identity(self) -> Identity:
        """Return the arguments with which `subprocess` runs a program as this account."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def run(self, *command: str | Path, text: str | None = None) -> str:
        """Return the output of a program run as this account; raise EmbeddedError with its last
        output.
        """
        try:
            done = subprocess.run(
                [str(part) for part in command],
                input=text,
                capture_output=True,
                text=True,
                cwd="/",
                check=False,
                env={"PATH": os.defpath, "LC_ALL": "C"},
                **self.identity,
            )
        except PermissionError as error:
            raise EmbeddedError(f"{command[0]} cannot be run as user {self.uid}: {error}") from None
        if done.returncode:
            words = (done.stderr or done.stdout).strip() or f"exit status {done.returncode}"
            raise EmbeddedError(f"{Path(command[0]).name} failed: {words}")
        return done.stdout

    def reaches(self, path: Path) -> bool:
        """Return whether this account can enter `path` and all of its parents."""
        try:
            self.run("test", "-x", path)
        except EmbeddedError:
            return False
        return True

    def own(self, path: Path) -> None:
        """Make this account the owner of `path` and all below it, with no access for others."""
        path.chmod(0o700)
        if self.uid == os.geteuid():
            return
        for entry in (path, *path.rglob("*")):
            os.chown(entry, self.uid, self.gid, follow_symlinks=False)

    def place(self, wanted: Path) -> Path:
        """Return a directory for `wanted` that this account can enter.

        `nobody` cannot enter a checkout below /root. Then the files lie in /var/lib/deskhand, and
        `wanted` is a link to them, so that people find them.
        """
        if wanted.is_symlink() or wanted.is_dir():
            return wanted.resolve()
        wanted.parent.mkdir(parents=True, exist_ok=True)
        if self.reaches(wanted.parent.resolve()):
            wanted.mkdir(mode=0o700)
            return wanted
        shared = shared_place(wanted)
        shared.mkdir(parents=True, exist_ok=True, mode=0o755)
        wanted.symlink_to(shared)
        return shared


def shared_place(wanted: Path) -> Path:
    """Return the directory that `place` may use instead of `wanted`."""
    return _SHARED_STATE / hashlib.sha256(str(wanted).encode()).hexdigest()[:12]
