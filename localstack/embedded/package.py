"""SAM's build output as zip files and a JSON template: `sam deploy` uploads them unchanged.

SAM itself zips every directory again for each deployment, at a level that takes three times as
long, and reads a YAML template seven times with a slow parser. Together they took most of its time.
"""

import json
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from embedded import cloudformation

_PLACES = ("CodeUri", "ContentUri")
_FASTEST = 1
# No dates, as in SAM: the same files give the same zip, so an unchanged layer is not updated.
_READABLE = 0o100755


def package(built: Path, packaged: Path) -> None:
    """Zip the directories that a built template names; write a template that names the zips.

    Its other paths are relative, so both templates must be at the same depth.
    """
    output = packaged.parent
    output.mkdir(exist_ok=True)
    template = cloudformation.read(built)
    archives: dict[Path, Path] = {}
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for place in filter(properties.get, _PLACES):
            source = built.parent / str(properties[place])
            archives[source] = output / f"{source.name}.zip"
            properties[place] = archives[source].name
    with ThreadPoolExecutor(os.process_cpu_count()) as pool:
        list(pool.map(_zip, archives.keys(), archives.values()))
    packaged.write_text(json.dumps(template, indent=1, default=str))


def _zip(source: Path, archive: Path) -> None:
    partial = archive.with_suffix(".new")
    with zipfile.ZipFile(partial, "w") as packed:
        for path in sorted(each for each in source.rglob("*") if each.is_file()):
            info = zipfile.ZipInfo(str(path.relative_to(source)))
            info.external_attr = _READABLE << 16
            packed.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED, _FASTEST)
    partial.replace(archive)
