"""Programs from Debian packages, unpacked into a directory: neither installed nor run as root."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """A package and the directory that it is unpacked into."""

    name: str
    cache: Path

    def program(self, name: str) -> Path | None:
        """Return a program of the package on PATH or unpacked, downloaded at need; or None."""
        if found := shutil.which(name):
            return Path(found)
        return self.find_unpacked(name) or (self.find_unpacked(name) if self._fetch() else None)

    def find_unpacked(self, name: str) -> Path | None:
        """Return a program that was downloaded before; None when there is none."""
        program = self.cache / "usr/bin" / name
        return program if program.exists() else None

    def _fetch(self) -> bool:
        """Download the package and unpack it, without root; return whether that worked."""
        if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
            return False
        self.cache.mkdir(parents=True, exist_ok=True)
        if not (self._download() or (self._update_lists() and self._download(*self._own_lists))):
            return False
        for archive in self.cache.glob(f"{self.name}_*.deb"):
            succeeds("dpkg-deb", "-x", str(archive), str(self.cache), directory=self.cache)
        return True

    def _download(self, *options: str) -> bool:
        return succeeds("apt-get", *options, "download", self.name, directory=self.cache)

    def _update_lists(self) -> bool:
        for place in ("lists/partial", "archives/partial"):
            (self.cache / place).mkdir(parents=True, exist_ok=True)
        return succeeds("apt-get", *self._own_lists, "update", directory=self.cache)

    @property
    def _own_lists(self) -> tuple[str, ...]:
        """Options that give apt lists of our own, where its lists are empty and need root."""
        return ("-o", f"Dir::State::lists={self.cache}/lists", "-o", f"Dir::Cache={self.cache}")


def docker_runs() -> bool:
    """Return whether a Docker daemon answers."""
    return bool(shutil.which("docker")) and succeeds("docker", "info", directory=Path("/"))


def succeeds(*command: str, directory: Path) -> bool:
    """Return whether a command ends well within three minutes."""
    try:
        done = subprocess.run(command, capture_output=True, check=False, cwd=directory, timeout=180)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
