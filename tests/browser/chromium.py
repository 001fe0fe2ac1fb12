"""The system's Chromium: a package of Debian and Ubuntu."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visitor import LIMIT_MS

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@contextmanager
def launched() -> Iterator[Browser]:
    """One browser for many visitors; a machine without one skips the test."""
    found = _chromium()
    if found is None:
        reason = "there is no chromium: Debian and Ubuntu have it as a package"
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=_FLAGS, timeout=LIMIT_MS, chromium_sandbox=False
        )
        yield browser
        browser.close()
