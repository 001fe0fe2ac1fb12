"""Checks a catalog file: `python -m deskhand.catalog FILE`; exit status 1 for an invalid one."""

import sys
from pathlib import Path

from deskhand.catalog.lint import lint
from deskhand.catalog.parse import CatalogInvalid, parse_catalog
from deskhand.catalog.yaml_text import document_of


def main(path: Path) -> int:
    """Print a line for each error and each finding, and a summary of the catalog."""
    try:
        catalog = parse_catalog(document_of(path.read_bytes()))
    except OSError as error:
        print(f"{path}: cannot be read: {error.strerror}")
        return 1
    except CatalogInvalid as error:
        for pointer, detail in error.errors:
            print(f"{path}: error: {pointer or '/'}: {detail}")
        return 1
    for finding in lint(catalog):
        print(f"{path}: warning: {finding.pointer}: {finding.detail}")
    categories, types = len(catalog.categories), len(catalog.entries)
    print(f"{path}: version {catalog.version}, {categories} categories, {types} request types")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("give one file: make lint-catalog FILE=catalog.yaml")
    sys.exit(main(Path(sys.argv[1])))
