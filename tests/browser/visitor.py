"""A person at a browser: what the page must never do is watched while they work."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import boto3
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, Route

from tests.browser.desk import step
from tests.browser.site import Site
from tests.functions.accounts.people import PASSWORD
from tests.functions.conftest import BUCKET

# A loaded machine is slow; a state that does not come in this time does not come at all.
LIMIT_MS = 60_000
AXE = Path(".local/venvs/console/node_modules/axe-core/axe.min.js")
# Which rules hold: WCAG 2.2, levels A and AA.
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_CHECK = """async (rules) => {
    const {violations} = await axe.run(document, {runOnly: {type: "tag", values: rules}});
    return violations.map(v => `${v.id}: ${v.help} at ${v.nodes.map(n => n.html).join(" | ")}`);
}"""
# Colours that are on their way to others have too little contrast for a moment.
_SETTLE = """for (const each of document.getAnimations())
    if (each.effect.getTiming().iterations !== Infinity) each.finish();"""
_BUCKET = f"https://{BUCKET}.s3.amazonaws.com"
# A violated policy becomes an error in the console, which the visitor watches.
_WATCH = """addEventListener("securitypolicyviolation", event =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));"""


def _answer_as_bucket(route: Route) -> None:
    asked = urlsplit(route.request.url)
    key, query = unquote(asked.path.removeprefix("/")), parse_qs(asked.query)
    body = boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    [disposition] = query["response-content-disposition"]
    route.fulfill(body=body, headers={"Content-Disposition": disposition})


@dataclass
class Visitor:
    """A browser's window on the console, and everything that went wrong in it."""

    site: Site
    context: BrowserContext
    page: Page = field(init=False)
    wrong: list[str] = field(default_factory=list)
    # Statuses that the test provokes; the browser writes each into its console.
    expected: set[int] = field(default_factory=set)
    was_offline: bool = False

    def __post_init__(self) -> None:
        self.context.set_default_timeout(LIMIT_MS)
        self.context.add_init_script(_WATCH)
        self.context.on("console", self._said)
        self.context.on("weberror", lambda error: self.wrong.append(f"error: {error.error}"))
        self.context.on("request", self._asked)
        self.context.on("response", self._answered)
        self.page = self.context.new_page()

    def open(self, address: str = "") -> Page:
        """The page at an address after the `#`."""
        self.page.goto(f"{self.site.console}#/{address}")
        return self.page

    def log_in(self, email: str, address: str = "") -> Page:
        """The page of somebody who has logged in by hand."""
        page = self.open(address)
        page.get_by_label("E-mail address").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("navigation", name="Pages", exact=True).wait_for()
        return page

    def step(self, run: tuple[UUID, int], name: str) -> None:
        """A step of a run, while the page may ask: the functions share one connection here."""
        with self.site.process:
            step(run, name)

    def lose_connection(self) -> None:
        """Takes the browser off the network; requests that are under way are cut off."""
        self.was_offline = True
        self.context.set_offline(True)

    def saved(self, button: str) -> bytes:
        """The file that the browser saves when the button is pressed.

        Its link leads to the bucket. That is another origin, which the page may not load from: only
        a link that is opened gets there.
        """
        self.context.route(f"{_BUCKET}/**", _answer_as_bucket)
        with self.page.expect_download() as waited:
            self.page.get_by_role("button", name=button).click()
        return Path(waited.value.path()).read_bytes()

    def check(self) -> None:
        """Fails when something went wrong so far, or when somebody could not use the page."""
        self.page.evaluate(_SETTLE)
        self.page.evaluate(AXE.read_text())
        found: list[str] = self.page.evaluate(_CHECK, _RULES)
        wrong = [*self.wrong, *found]
        assert not wrong, "\n".join(wrong)

    def _said(self, message: ConsoleMessage) -> None:
        provoked = any(f"status of {status}" in message.text for status in self.expected)
        provoked |= self.was_offline and "ERR_INTERNET_DISCONNECTED" in message.text
        if message.type == "error" and not provoked:
            self.wrong.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        opened = request.is_navigation_request() and request.url.startswith(_BUCKET)
        if not opened and not request.url.startswith((self.site.url, "data:", "blob:")):
            self.wrong.append(f"elsewhere: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500 and response.status not in self.expected:
            self.wrong.append(f"{response.status}: {response.url}")
