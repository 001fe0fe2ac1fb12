"""The API for a browser: a web server that hands each request to its function, as API Gateway does.

All functions share one process here, and its one connection, so they answer one at a time.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from deskhand.spreadsheets.api import TABLES
from tests.functions.gateway import forward

# As LocalStack has it: whatever the page asks must be relative to this.
STAGE = "/_aws/execute-api/abc123/v1"


@dataclass
class Site:
    """Where it is; requests whose path has one of the prefixes get its status and nothing else.

    `console` is the page, `asked` are the requests so far, `busy` the threads that have not
    answered one yet. The next answer to `stuck` stops in the middle of its body until `go_on`;
    then `stuck` is empty.
    """

    url: str = ""
    console: str = ""
    broken: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    busy: set[int] = field(default_factory=set)
    process: threading.Lock = field(default_factory=threading.Lock)
    stuck: str = ""
    go_on: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving_functions() -> Iterator[Site]:
    """The site on loopback, until the end."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.busy.add(threading.get_ident())
            try:
                self._answer()
            finally:
                # Also when the page went away meanwhile.
                site.busy.discard(threading.get_ident())

        do_POST = do_PATCH = do_PUT = do_DELETE = do_GET

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            binary = self.headers.get("Content-Type") in TABLES
            asked = urlsplit(self.path)
            path = asked.path.removeprefix(STAGE)
            site.asked.append(f"{self.command} {path}")
            broken = next((s for p, s in site.broken.items() if path.startswith(p)), None)
            if broken is not None:
                self._send(broken, {}, b"")
                return
            headers = {name: self.headers.get_all(name) or [] for name in self.headers}
            query = parse_qs(asked.query, keep_blank_values=True)
            with site.process:
                sent = body if binary or body is None else body.decode()
                reply = forward(self.command, path, query, headers, sent, self.client_address[0])
            text = (reply.get("body") or "").encode()
            self._send(reply["statusCode"], reply["multiValueHeaders"], text)

        def _send(self, status: int, headers: dict[str, list[str]], body: bytes) -> None:
            self.send_response(status)
            for name, values in headers.items():
                for value in values:
                    self.send_header(name, value)
            if status not in (204, 304):
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            half = len(body) // 2
            self.wfile.write(body[:half])
            if site.stuck and urlsplit(self.path).path.endswith(site.stuck):
                site.stuck = ""
                site.go_on.wait()
            with suppress(ConnectionError):  # whoever asked may have gone away
                self.wfile.write(body[half:])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    site.console = f"{site.url}{STAGE}/console"
    try:
        yield site
    finally:
        site.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()
