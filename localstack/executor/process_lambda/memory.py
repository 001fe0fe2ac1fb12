"""The memory of a process."""

import re
import sys
from pathlib import Path

import psutil

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def peak_mib(pid: int, known_mib: int) -> int:
    """The peak memory of the process in MiB, as far as it is known; never less than `known_mib`."""
    return max(known_mib, _linux_peak(pid) if sys.platform == "linux" else _current(pid))


def _linux_peak(pid: int) -> int:
    try:
        found = _PEAK.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) // 1024 if found else 0


def _current(pid: int) -> int:
    try:
        resident: int = psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0
    return resident // 1024**2
