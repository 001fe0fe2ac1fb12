"""The output of a function in a file, so that a write never waits for a reader."""

import os
from pathlib import Path

_LIMIT = 5 * 1024 * 1024


class Output:
    """A file to which the processes of one environment append."""

    def __init__(self, path: Path) -> None:
        """Create the file."""
        self._path = path
        self._read = 0
        path.touch()

    def open(self) -> int:
        """A file descriptor for appending."""
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def take(self) -> str:
        """The output since the last call, at most 5 MiB of it."""
        if not self._path.exists():
            return ""
        with self._path.open("rb") as file:
            file.seek(self._read)
            text = file.read(_LIMIT)
            self._read = file.seek(0, os.SEEK_END)
        if self._read > _LIMIT:
            os.truncate(self._path, 0)
            self._read = 0
        return text.decode(errors="replace")
