"""A bucket behind a real HTTP server, so that several processes share it.

It has no listing and checks no signature.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Bucket:
    """The files by the path of their URL, `/bucket/key`, and the paths of all that were stored."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    stored: list[str] = field(default_factory=list)


@contextmanager
def bucket_server() -> Iterator[Bucket]:
    """A bucket on loopback."""
    bucket = Bucket()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            bucket.files[self.path] = content
            bucket.stored.append(self.path)
            self._answer(HTTPStatus.OK, b"")

        def do_GET(self) -> None:
            content = bucket.files.get(self.path)
            if content is None:
                self._answer(HTTPStatus.NOT_FOUND, b"<Error><Code>NoSuchKey</Code></Error>")
            else:
                self._answer(HTTPStatus.OK, content)

        def _answer(self, status: HTTPStatus, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    bucket.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield bucket
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
