"""Callers that are all one function."""

from pathlib import Path
from typing import override

import psutil

from tests.faults.callers import Caller, Callers


class Known(Callers):
    """Takes everybody for one function."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere"))
        self.process: psutil.Process | None = None

    @override
    def behind(self, client_port: int, server_port: int) -> Caller:
        return Caller("ingest", self.process)
