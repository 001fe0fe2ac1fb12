"""The arguments of `python -m embedded <command>`, as the Makefile gives them."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from embedded import values

_MAPPING = """make import FILE=a.csv MAPPING='{"category": "Queue"}'"""


def parser() -> argparse.ArgumentParser:
    """The commands; each refuses a wrong argument in the Makefile's terms."""
    whole = argparse.ArgumentParser(prog="embedded", description=__doc__)
    commands = whole.add_subparsers(dest="command", required=True)
    # What reads each argument.
    read: dict[str, dict[str, Callable[[str], Any]]] = {
        "up": {},
        "deploy": {},
        "demo": {
            "--count": values.number("N", "make demo N=500"),
            "--tickets": values.path("TICKETS", "make demo TICKETS=my.csv"),
        },
        "import": {
            "file": values.path("FILE", "make import FILE=history.csv"),
            "--mapping": values.mapping(_MAPPING),
        },
        "audit": {
            "file": values.path("FILE", "make audit FILE=export.csv"),
            "--mapping": values.mapping(_MAPPING),
            "--dates": str,
            "--zone": str,
        },
        "attribution": {},
        "export": {"file": values.path("FILE", "make export FILE=open.csv"), "--query": str},
        "articles": {"folder": values.path("DIR", "make articles DIR=docs/kb")},
        "observe": {},
        "down": {},
        "status": {},
        "target": {"--key": str},
        "mail": {},
        "history": {"ticket": values.text("TICKET", "make history TICKET=5e03bd605f99")},
        "logs": {"--function": str, "--follow": values.flag("FOLLOW")},
        "token": {"subject": str, "role": str},
        "admin": {"email": values.email("EMAIL", "make admin EMAIL=you@example.com")},
        "rotate-keys": {"--retire": values.flag("RETIRE")},
        "erase": {
            "person": values.text("PERSON", "make erase PERSON=sam@example.com"),
            "--dry-run": values.flag("DRY_RUN"),
        },
        "smoke": {},
        "verify": {"--at-rest": values.flag("REST")},
        "catalog": {
            "file": values.path("FILE", "make catalog FILE=catalog.yaml"),
            "--dry-run": values.flag("DRY_RUN"),
        },
        "invoke": {"function": str, "--event": Path},
        "clean": {},
    }
    for name, arguments in read.items():
        command = commands.add_parser(name)
        for argument, reader in arguments.items():
            command.add_argument(argument, type=reader)
    return whole
