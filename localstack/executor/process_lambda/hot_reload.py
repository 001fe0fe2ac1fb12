"""Whether the code of a function has changed since it was started."""

from pathlib import Path


def newest_source(directory: Path) -> int:
    """The newest modification time of a Python file below the directory, in nanoseconds."""
    return max((_changed(path) for path in directory.rglob("*.py")), default=0)


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        # Editors replace files, so a file can be missing for a moment.
        return 0
