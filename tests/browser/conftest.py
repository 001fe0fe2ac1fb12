"""A real browser at the real functions: Debian's Chromium, embedded Postgres, one process."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import launched
from tests.browser.site import Site, serving_functions
from tests.browser.visitor import Visitor
from tests.functions import conftest as functions

answers_as_documented = functions.answers_as_documented
aws, keys, dead, told, bucket = (
    functions.aws,
    functions.keys,
    functions.dead,
    functions.told,
    functions.bucket,
)


@pytest.fixture(scope="package")
def built() -> None:
    """The console's files; building them again costs nothing."""
    subprocess.run([sys.executable, "localstack/build_console.py"], check=True)


@pytest.fixture(scope="package")
def browser(built: None) -> Iterator[Browser]:
    """One browser for all tests; each visitor has a profile of their own."""
    with launched() as browser:
        yield browser


@pytest.fixture
def site(browser: Browser, keys: None, dead: str) -> Iterator[Site]:
    """The functions behind a web server; no token, no answer."""
    with serving_functions() as site:
        yield site


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Visitor]]:
    """A function that brings another visitor; what went wrong for one of them fails the test."""
    visitors: list[Visitor] = []

    def arrive(**options: object) -> Visitor:
        settings = {"viewport": {"width": 1280, "height": 900}, **options}
        context = browser.new_context(**settings)  # type: ignore[arg-type] # named by the test
        visitors.append(Visitor(site, context))
        return visitors[-1]

    yield arrive
    wrong = [each for visitor in visitors for each in visitor.wrong]
    for visitor in visitors:
        visitor.context.close()
    assert wrong == []


@pytest.fixture
def visitor(visit: Callable[..., Visitor]) -> Visitor:
    """One visitor."""
    return visit()
