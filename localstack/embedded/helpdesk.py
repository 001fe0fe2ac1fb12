"""A helpdesk with sample requests, in the shape of a real one: what attribution reads locally."""

import json
import os
import sys
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from embedded import health, ports
from embedded.daemon import Daemon

KEY, SECRET = "sample-key", "sample-secret"
REQUESTS = Path(__file__).resolve().parents[1] / "samples" / "helpdesk.json"
_LARGEST_BODY = 10_000


@dataclass(frozen=True)
class Helpdesk:
    """The helpdesk of an instance."""

    directory: Path
    port: int

    @property
    def daemon(self) -> Daemon:
        """Return the background program."""
        return Daemon("helpdesk", self.directory)

    @property
    def url(self) -> str:
        """Return the URL that attribution asks."""
        return f"http://{ports.LOOPBACK}:{self.port}/requests"

    def start(self) -> None:
        """Start the server unless it runs."""
        if self.daemon.process:
            return
        source = str(Path(__file__).resolve().parents[1])
        command = [sys.executable, "-m", "embedded.helpdesk", str(self.port)]
        self.daemon.start(command, {**os.environ, "PYTHONPATH": source})
        health.wait(self.daemon, lambda: health.answers(self.url), 60)

    def stop(self) -> None:
        """Stop the server."""
        self.daemon.stop(grace_seconds=2)


class _Handler(BaseHTTPRequestHandler):
    """Answers every request with 200; the document says whether key and secret are right."""

    def do_GET(self) -> None:
        self._answer({"response_code": 200, "message": "POST api_key and api_secret"})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(min(length, _LARGEST_BODY))
        if _is_allowed(sent):
            requests = json.loads(REQUESTS.read_text(encoding="utf-8"))
            self._answer({"response_code": 200, "data": {"requests": requests}})
        else:
            self._answer({"response_code": 401, "message": "wrong api_key or api_secret"})

    def _answer(self, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _is_allowed(sent: bytes) -> bool:
    try:
        given = json.loads(sent)
    except ValueError:
        return False
    wanted = {"api_key": KEY, "api_secret": SECRET}
    return isinstance(given, dict) and {name: given.get(name) for name in wanted} == wanted


if __name__ == "__main__":
    ThreadingHTTPServer((ports.LOOPBACK, int(sys.argv[1])), _Handler).serve_forever()
