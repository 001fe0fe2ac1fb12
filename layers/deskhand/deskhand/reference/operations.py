"""The table of the API's operations: what each takes, and what it answers."""

from deskhand.api.query import TicketQuery, TicketsQuery
from deskhand.catalog.proposed import MAX_BYTES, ProposedCatalog
from deskhand.duplicates.by_hand import LinkByHand
from deskhand.intake.submission import IncidentSubmission, TicketSubmission
from deskhand.knowledge import api
from deskhand.knowledge.articles import ArticleText
from deskhand.operations import health
from deskhand.reference import answers, clock
from deskhand.reference.accounts import ACCOUNTS
from deskhand.reference.analytics import ANALYTICS
from deskhand.reference.attribution import ATTRIBUTION
from deskhand.reference.audits import AUDITS
from deskhand.reference.bulks import BULKS
from deskhand.reference.catalogued import CatalogInForce, LintedCatalog
from deskhand.reference.exports import EXPORTS
from deskhand.reference.learning import LEARNING
from deskhand.reference.messages import MESSAGES
from deskhand.reference.operation import Link, Operation, Reply
from deskhand.reference.reports import REPORTS
from deskhand.tickets.edit import Edit
from deskhand.tickets.reading import Reading, TrailQuery
from deskhand.workflow import failures
from deskhand.workflow.fallbacks import Wanted
from deskhand.workflow.replay import Nothing
from deskhand.workflow.selection import Selection

_KEY = {"Idempotency-Key": False}
_REPLAY = {409: "The first request with this Idempotency-Key is still in flight."}
_TICKET_IN_PATH = {"ticket_id": "$request.path.ticket_id"}


def _of_ticket(place: str) -> tuple[Link, ...]:
    names = (
        *("get_ticket", "patch_ticket", "delete_ticket", "list_events", "get_sla"),
        *("post_reprocess", "put_duplicate", "delete_duplicate", "post_correction"),
        *("list_messages", "post_message", "delete_draft"),
    )
    return tuple(Link(name, {"ticket_id": f"$response.body#/{place}"}) for name in names)


def _run(place: str) -> Link:
    return Link("get_run", {"run_id": f"$response.body#/{place}"})


def _health(path: str, name: str, summary: str) -> Operation:
    return Operation(
        "GET", path, name, summary,
        {
            200: Reply(
                "Every part is up, or degraded: it answered after more than"
                f" {health.SLOW_SECONDS} seconds, or only the second time.",
                answers.Health,
            ),
            503: Reply(
                "A part is down: it failed twice in a row, or failed after more than"
                f" {health.LIMIT_SECONDS} seconds. Give the probe 25 seconds to hear which one.",
                answers.Health,
            ),
        },
        stored=False,
    )  # fmt: skip


def _metrics(path: str, name: str, summary: str) -> Operation:
    return Operation(
        "GET", path, name, summary,
        {200: Reply("Prometheus's text format.", None, (), (), ("text/plain",))},
        detail="The counters are those of the last minute; the gauges are read now. Let Prometheus"
        " scrape this or the pushgateway, not both.",
    )  # fmt: skip


OPERATIONS = (
    Operation(
        "POST", "/tickets", "post_ticket",
        "Hand in a ticket",
        {202: Reply(
            "It is stored, and will be triaged.", answers.Accepted,
            ("Location", "Idempotency-Replayed"),
            (*_of_ticket("ticket_id"), _run("workflow_run_id")),
        )},
        problems=_REPLAY, headers=_KEY, body=TicketSubmission,
        example={
            "subject": "VPN drops every few minutes",
            "body": "Since Monday, at home. The office is fine.",
            "customer_id": "c-1042",
            "department": "Sales",
            "tags": ["vpn", "remote"],
        },
    ),
    Operation(
        "POST", "/incidents", "post_incident",
        "Hand in an incident",
        {202: Reply(
            "It is stored as a ticket, and will be triaged.", answers.AcceptedIncident,
            ("Location", "Idempotency-Replayed"),
            (*_of_ticket("ticketId"), _run("workflowRunId")),
        )},
        problems=_REPLAY, headers={"Idempotency-Key": True}, body=IncidentSubmission,
        example={"description": "Mail server does not answer\nSince 9:40, all of building 2."},
    ),
    Operation(
        "GET", "/tickets", "list_tickets",
        "List tickets",
        {200: Reply("A page of tickets.", answers.Page)},
        detail="Filters combine; of several values of one parameter, one must fit. A customer sees"
        " their own tickets.",
        query=TicketsQuery,
    ),
    Operation(
        "GET", "/tickets/facets", "get_facets",
        "Count the tickets of a list",
        {200: Reply("How many there are, by the values of some filters.", answers.Facets)},
        detail="The filters are those of the list, and so are the tickets that are counted.",
        query=TicketQuery,
    ),
    *BULKS,
    Operation(
        "GET", "/tickets/{ticket_id}", "get_ticket",
        "Read a ticket",
        {
            200: Reply(
                "Everything that is stored of it.", answers.StoredTicket, ("ETag",),
                (
                    Link("patch_ticket", {**_TICKET_IN_PATH, "If-Match": "$response.header.ETag"}),
                    Link("delete_ticket", {**_TICKET_IN_PATH, "If-Match": "$response.header.ETag"}),
                    _run("workflow_run_id"),
                ),
            ),
            304: Reply("It has not changed.", None, ("ETag",)),
        },
        detail="Passwords, keys and tokens are hidden, and `secrets` says where they are.",
        headers={"If-None-Match": False}, query=Reading,
    ),
    Operation(
        "PATCH", "/tickets/{ticket_id}", "patch_ticket",
        "Change a ticket",
        {200: Reply("The whole ticket as it is now.", answers.StoredTicket, ("ETag",))},
        detail="Send If-Match or `version`, so that no other change is overwritten unseen. Triage"
        " leaves a field alone that a human has set. Null takes assignee and department back.",
        problems={
            409: "The status cannot follow the present one, or `version` is stale.",
            412: "If-Match is stale.",
            422: "A field is unknown or not valid, or category and request type are no pair of the"
            " service catalog.",
            428: "Neither If-Match nor `version` was sent.",
        },
        headers={"If-Match": False}, body=Edit,
        example={"status": "pending", "assignee": "sam", "version": 3},
    ),
    Operation(
        "DELETE", "/tickets/{ticket_id}", "delete_ticket",
        "Delete a ticket and all that belongs to it",
        {204: Reply("It is gone.")},
        problems={412: "If-Match is stale."},
        headers={"If-Match": False},
    ),
    Operation(
        "GET", "/tickets/{ticket_id}/events", "list_events",
        "Read what happened to a ticket",
        {
            200: Reply("What happened to it, in order.", answers.Trail, ("ETag",)),
            304: Reply("Nothing has happened since.", None, ("ETag",)),
        },
        headers={"If-None-Match": False}, query=TrailQuery,
    ),
    Operation(
        "GET", "/tickets/{ticket_id}/sla", "get_sla",
        "Read why a ticket is due when it is",
        {200: Reply("Its clock, with each counted and each skipped interval.", clock.Clock)},
    ),
    Operation(
        "POST", "/tickets/{ticket_id}/reprocess", "post_reprocess",
        "Triage a ticket once more",
        {202: Reply(
            "It has a new run.", answers.Accepted, ("Location", "Idempotency-Replayed"),
            (_run("workflow_run_id"),),
        )},
        problems={409: "A run of the ticket is still open, or the ticket is closed."},
        headers=_KEY, body=Nothing, body_required=False,
    ),
    Operation(
        "PUT", "/tickets/{ticket_id}/duplicate", "put_duplicate",
        "Say that a ticket is a duplicate",
        {200: Reply("The linked ticket.", answers.StoredTicket, ("ETag",))},
        detail="The original is the older of the two, open, and no duplicate itself. Duplicates of"
        " the ticket become the original's. Triage leaves the link alone; DELETE removes it.",
        problems={
            409: "The original is done or a duplicate itself, the ticket is a duplicate of another"
            " one, or a run of it is still open.",
            412: "If-Match is stale.",
            422: "The original does not exist, or is not the older ticket.",
        },
        headers={"If-Match": False}, body=LinkByHand,
        example={"original": "01936d6e-0000-7000-8000-000000000001"},
    ),
    Operation(
        "DELETE", "/tickets/{ticket_id}/duplicate", "delete_duplicate",
        "Say that a ticket is no duplicate",
        {200: Reply("The ticket on its own again.", answers.StoredTicket, ("ETag",))},
        detail="A ticket that was closed as a duplicate is open again, and one that had inherited"
        " its triage is triaged by itself. It is not linked again.",
        problems={
            409: "The ticket is no duplicate, or a run of it is still open.",
            412: "If-Match is stale.",
        },
        headers={"If-Match": False},
    ),
    *MESSAGES,
    Operation(
        "GET", "/runs/{run_id}", "get_run",
        "Read a run of the workflow",
        {
            200: Reply(
                "Its state, and the outcome of each step.", answers.Run, ("ETag",),
                (Link("get_ticket", {"ticket_id": "$response.body#/ticket_id"}),),
            ),
            304: Reply("It has not changed.", None, ("ETag",)),
        },
        headers={"If-None-Match": False},
    ),
    Operation(
        "GET", "/kb/articles", "list_articles",
        "List knowledge articles by slug",
        {200: Reply("A page of articles.", answers.Articles)},
        query=api.ArticleListing,
    ),
    Operation(
        "GET", "/kb/articles/{slug}", "get_article",
        "Read a knowledge article",
        {200: Reply("The article with its sections.", answers.StoredArticle)},
        detail="Customers find those for `everyone`, without the Markdown: it may have comments.",
    ),
    Operation(
        "PUT", "/kb/articles/{slug}", "put_article",
        "Write a knowledge article",
        {
            201: Reply("It is new, and can be found from now on.", answers.StoredArticle),
            200: Reply("It replaced the one before.", answers.StoredArticle),
        },
        detail="Markdown, cut into sections at its headings: answers cite article and section."
        " `readers: everyone` in its front matter lets customers read it.",
        body=ArticleText,
        example={
            "title": "The VPN disconnects",
            "body": "## Solution\n\nReset the connection profile and sign in again.",
        },
    ),
    Operation(
        "POST", "/kb/preview", "preview_article",
        "See how an article would be read",
        {200: Reply("What would be stored of it.", answers.PreviewedArticle)},
        body=ArticleText,
        example={"body": "# The VPN disconnects\n\n## Solution\n\nReset the profile."},
        stored=False,
    ),
    Operation(
        "DELETE", "/kb/articles/{slug}", "delete_article",
        "Delete a knowledge article",
        {204: Reply("It is gone.")},
    ),
    Operation(
        "GET", "/kb/search", "search_articles",
        "Find the sections that answer a question",
        {200: Reply("Sections, the best first.", answers.SearchResults)},
        detail="By meaning and by words. Customers find sections of articles for `everyone`. For"
        " long texts use POST: a gateway refuses a long URL.",
        query=api.Question,
    ),
    Operation(
        "POST", "/kb/search", "post_search",
        "Find the sections that answer a long question",
        {200: Reply("Sections, the best first.", answers.SearchResults)},
        detail="As `GET /kb/search`; 10,000 characters of any script fit into the body.",
        body=api.LongQuestion,
        example={"q": "Hello,\n\nsince Monday the VPN drops every few minutes.\n\nAnn", "limit": 5},
    ),
    Operation(
        "GET", "/admin/failures", "get_failures",
        "Read what failed and waits for a replay",
        {200: Reply("Failures by step and error.", answers.Failures)},
        query=failures.FailuresQuery,
    ),
    Operation(
        "POST", "/admin/failures/replay", "post_replay",
        "Drive failed work again",
        {
            202: Reply("What was brought back.", answers.Replay, ("Idempotency-Replayed",)),
            200: Reply("What would be, with `dry_run`.", answers.Replay, ("Idempotency-Replayed",)),
        },
        detail="A run gets its next attempt; steps that it has finished are not repeated. At most"
        " 500 runs a call: `remaining` says how many are left.",
        problems={404: "There is no such run.", 409: "The run has not failed."},
        headers=_KEY, body=Selection,
        example={"step": "classify", "error": "ModelUnavailable", "dry_run": True},
    ),
    Operation(
        "POST", "/admin/fallbacks/reprocess", "post_fallbacks",
        "Ask the first provider again where another one answered",
        {
            202: Reply("The new runs.", answers.Reprocessing, ("Idempotency-Replayed",)),
            200: Reply(
                "What would be, with `dry_run`.", answers.Reprocessing, ("Idempotency-Replayed",)
            ),
        },
        detail="Tickets with an open run are left alone: `remaining` says how many are left.",
        problems=_REPLAY, headers=_KEY, body=Wanted, body_required=False,
        example={"limit": 100, "dry_run": True},
    ),
    Operation(
        "GET", "/catalog", "get_catalog",
        "Read what tickets can be sorted into",
        {200: Reply("The catalog in force.", CatalogInForce)},
        problems={409: "No service catalog is in force."},
    ),
    Operation(
        "POST", "/catalog/lint", "post_lint",
        "Check a catalog before it is put in force",
        {200: Reply("Its errors and findings.", LintedCatalog)},
        detail="Takes the catalog as JSON in `document`, or as YAML in `text`, up to 1 MB. Nothing"
        " is stored. `make lint-catalog` finds the same.",
        problems={413: f"The body is larger than {MAX_BYTES:,} bytes."},
        body=ProposedCatalog,
        example={"text": "service_catalog:\n  catalog:\n    categories: []\n"},
    ),
    *LEARNING,
    *ATTRIBUTION,
    *ANALYTICS,
    *EXPORTS,
    *REPORTS,
    *AUDITS,
    _health("/health", "get_health", "Ask for the state of each part"),
    _health("/actuator/health", "get_actuator_health", "The same as GET /health"),
    Operation(
        "GET", "/actuator/info", "get_actuator_info",
        "Ask for the version that runs",
        {200: Reply("The version.", answers.Info)},
        stored=False,
    ),
    _metrics("/metrics", "get_metrics", "Read the metrics"),
    _metrics("/actuator/prometheus", "get_actuator_metrics", "The same as GET /metrics"),
    Operation(
        "GET", "/openapi.json", "get_reference",
        "This document",
        {
            200: Reply("The document.", None, ("ETag", "Cache-Control")),
            304: Reply("It has not changed.", None, ("ETag",)),
        },
        headers={"If-None-Match": False}, stored=False,
    ),
    Operation(
        "GET", "/docs", "get_page",
        "This document as a page",
        {
            200: Reply("The page.", None, ("ETag", "Cache-Control"), (), ("text/html",)),
            304: Reply("It has not changed.", None, ("ETag",)),
            308: Reply("Without the slash at its end.", None, ("Location",)),
        },
        headers={"If-None-Match": False}, stored=False,
    ),
    Operation(
        "GET", "/docs/{file}", "get_file_of_page",
        "A file that the page loads",
        {
            200: Reply(
                "The file.", None, ("ETag", "Cache-Control"), (), ("text/javascript", "text/css")
            ),
            304: Reply("It has not changed.", None, ("ETag",)),
        },
        problems={404: "There is no such file."},
        headers={"If-None-Match": False}, stored=False,
    ),
    Operation(
        "GET", "/console", "get_console",
        "The console: a page to work with tickets",
        {
            200: Reply("The page.", None, ("Cache-Control",), (), ("text/html",)),
            308: Reply("Without the slash at its end.", None, ("Location",)),
        },
        problems={404: "The console is not built."}, stored=False,
    ),
    Operation(
        "GET", "/console/{asset}", "get_asset",
        "A file that the console loads",
        {
            200: Reply(
                "The file; its name changes with its content.", None, ("ETag", "Cache-Control"),
                (), ("text/javascript", "text/css", "image/svg+xml"),
            ),
            304: Reply("It has not changed.", None, ("ETag",)),
        },
        problems={404: "There is no such file."},
        headers={"If-None-Match": False}, stored=False,
    ),
    *ACCOUNTS,
)  # fmt: skip
