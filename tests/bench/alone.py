"""A program in a process of its own: its time, its memory, and the disk that it took."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event

# Not ru_maxrss: a process inherits its parent's.
_MEASURED = """
import json, re, sys, time
{setup}
start, used = time.perf_counter(), time.process_time()
{program}
spent = [time.perf_counter() - start, time.process_time() - used]
peak = re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())
print(json.dumps([*spent, int(peak[1]) / 1024]))
"""


def run(setup: str, program: str, *arguments: str, **surroundings: str) -> list[float]:
    """Seconds, those of the processor, MB of memory and of temporary files at most.

    The program finds the name of a file to write and `arguments` in `sys.argv`.
    """
    with tempfile.TemporaryDirectory() as folder, _watched(Path(folder)) as seen:
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED.format(setup=setup, program=program),
             f"{folder}/made.xlsx", *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": folder,
                 **surroundings},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )  # fmt: skip
    found: list[float] = json.loads(done.stdout.splitlines()[-1])
    return [*found, max(seen)]


@contextmanager
def _watched(folder: Path) -> Iterator[list[float]]:
    """How many MB the files in the folder took, looked at again and again."""
    seen, ended = [0.0], Event()

    def watch() -> None:
        while not ended.wait(0.02):
            files = [each for each in folder.rglob("*") if each.is_file()]
            seen.append(sum(_size(each) for each in files) / 1_000_000)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


@contextmanager
def bucket() -> Iterator[str]:
    """The address of a server that takes what is put there."""

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            left = int(self.headers.get("Content-Length") or 0)
            while left > 0:
                left -= len(self.rfile.read(min(left, 65_536)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
