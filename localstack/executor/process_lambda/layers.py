"""Merges layers into one /opt, as the Lambda service unpacks them: the last layer wins."""

import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_merging = threading.Lock()


@dataclass(frozen=True)
class LayerContent:
    """An unpacked layer, and the hash of its content."""

    directory: Path
    digest: str


def merge_layers(layers: Sequence[LayerContent], root: Path) -> Path:
    """A directory with the content of all layers, created once for each combination."""
    target = root / "opt" / _key(layers)
    with _merging:
        if not target.exists():
            _merge_into(target, layers)
    return target


def _key(layers: Sequence[LayerContent]) -> str:
    text = "\n".join(layer.digest for layer in layers)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _merge_into(target: Path, layers: Sequence[LayerContent]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # Renamed when complete: another LocalStack, or the next one after a kill, must not find a part.
    partial = Path(tempfile.mkdtemp(dir=target.parent, prefix="partial-"))
    for layer in layers:
        _add(layer.directory, partial)
    partial.chmod(0o755)
    try:
        partial.rename(target)
    except OSError:
        shutil.rmtree(partial)
        if not target.exists():
            raise


def _add(source: Path, target: Path) -> None:
    for entry in os.scandir(source):
        place = target / entry.name
        if entry.is_dir(follow_symlinks=False):
            _clear_unless_directory(place)
            place.mkdir(exist_ok=True)
            _add(Path(entry.path), place)
        else:
            _clear(place)
            _link_or_copy(Path(entry.path), place)


def _clear_unless_directory(place: Path) -> None:
    if place.is_symlink() or not place.is_dir():
        place.unlink(missing_ok=True)


def _clear(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _link_or_copy(source: Path, place: Path) -> None:
    try:
        os.link(source, place, follow_symlinks=False)
    except OSError:
        # Another file system, or one without hard links.
        shutil.copy2(source, place, follow_symlinks=False)
