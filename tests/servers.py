"""An HTTP server that answers as told and keeps what it was sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Desk:
    """What to answer, and all requests so far: method, path, headers and body."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def serving() -> Iterator[Desk]:
    """A desk with its server, on loopback."""
    desk = Desk()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            desk.requests.append((self.command, self.path, headers, self.rfile.read(length)))
            self.send_response(desk.status)
            for name, value in desk.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(desk.body)))
            self.end_headers()
            self.wfile.write(desk.body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    desk.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield desk
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
