"""A function version, as it is needed to run it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Function:
    """A function version whose code and layers are on disk."""

    python: Path
    runtime: str
    handler: str
    version: str
    task: Path
    opt: Path
    timeout_seconds: float
    memory_mib: int
    hot_reloading: bool
