"""Tickets for people: lists, tickets, trails, messages, runs, edits, deletions; the catalog."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api import body, query
from deskhand.api.etag import Tags, etag, tags_of
from deskhand.api.idempotency import StoredAnswer, key_for, key_of, once
from deskhand.api.problem import Problem
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.catalog import loaded
from deskhand.catalog.overview import overview
from deskhand.duplicates.by_hand import LinkByHand, link_by_hand
from deskhand.errors import CatalogMissing
from deskhand.refusals import NotFound, existing
from deskhand.safety.secrets.hiding import hide_in
from deskhand.sla import ticket_sla
from deskhand.store import edits, messages, ticket_lists, tickets
from deskhand.store.connection import connection
from deskhand.tickets import delete
from deskhand.tickets.edit import Condition, Edit, edit_ticket
from deskhand.tickets.messages import MessagesQuery, NewMessage, add_message, discard_draft
from deskhand.tickets.reading import Reading, TrailQuery, readable

app = Api()


@app.get("/tickets")
def list_tickets() -> Response[str]:
    """A page of tickets with the cursor of the next one."""
    asked = query.query_of(app.current_event)
    with connection() as conn:
        rows = ticket_lists.page(
            conn, asked.filter, asked.before, asked.limit + 1, app.caller.owner, asked.sort
        )
    return app.answer(HTTPStatus.OK, query.page(hide_in(rows), asked.limit, asked.sort))


@app.get("/tickets/facets")
def get_facets() -> Response[str]:
    """How many tickets the list has, in all and by the values of some filters."""
    wanted = query.selection_of(app.current_event)
    with connection() as conn:
        found = ticket_lists.facets(conn, wanted, app.caller.owner)
    return app.answer(HTTPStatus.OK, render(hide_in(found)))


@app.get("/tickets/<ticket_id>")
def get_ticket(ticket_id: str) -> Response[str]:
    """Every stored field of a ticket, its run, and an ETag for later updates.

    Secrets are hidden; `reveal=secrets` shows them, and the trail says to whom.
    """
    wanted = query.uuid_of(ticket_id)
    revealed = query.query_as(Reading, app.current_event).reveal is not None
    seen = tags_of("If-None-Match", app.header_values("If-None-Match"))
    with connection() as conn:
        row = existing(tickets.get(conn, wanted, app.caller.owner), "ticket")
        if revealed:
            edits.add_event(conn, wanted, "secrets.revealed", app.caller.id, {})
    headers = {"ETag": etag(row["version"]), "X-Request-ID": app.request_id}
    if seen is not None and not revealed and query.is_unchanged(row, seen):
        return Response(HTTPStatus.NOT_MODIFIED, headers=headers)
    return app.answer(HTTPStatus.OK, render(readable(row, revealed=revealed)), headers)


@app.patch("/tickets/<ticket_id>")
def patch_ticket(ticket_id: str) -> Response[str]:
    """Changes the sent fields, if the ticket is still at the version that the caller read."""
    wanted = query.uuid_of(ticket_id)
    tags = tags_of("If-Match", app.header_values("If-Match"))
    edit = body.validate(Edit, body.parse_body(body.raw_body(app.current_event)))
    condition = _condition(tags, edit)
    with connection() as conn:
        row = edit_ticket(conn, wanted, app.caller, edit, condition)
    shown = readable(row, revealed=False)
    return app.answer(HTTPStatus.OK, render(shown), {"ETag": etag(row["version"])})


@app.delete("/tickets/<ticket_id>")
def delete_ticket(ticket_id: str) -> Response[str]:
    """Deletes the ticket with all that belongs to it; an audit row remains."""
    wanted = query.uuid_of(ticket_id)
    condition = Condition(tags_of("If-Match", app.header_values("If-Match")))
    with connection() as conn:
        delete.delete_ticket(conn, wanted, app.caller, condition, app.request_id)
    return Response(HTTPStatus.NO_CONTENT, headers={"X-Request-ID": app.request_id})


@app.put("/tickets/<ticket_id>/duplicate")
def put_duplicate(ticket_id: str) -> Response[str]:
    """Links the ticket to an older one that tells of the same."""
    wanted = query.uuid_of(ticket_id)
    condition = Condition(tags_of("If-Match", app.header_values("If-Match")))
    said = body.validate(LinkByHand, body.parse_body(body.raw_body(app.current_event)))
    with connection() as conn:
        row = link_by_hand(conn, wanted, app.caller, said, condition)
    shown = readable(row, revealed=False)
    return app.answer(HTTPStatus.OK, render(shown), {"ETag": etag(row["version"])})


@app.get("/tickets/<ticket_id>/messages")
def list_messages(ticket_id: str) -> Response[str]:
    """The conversation in order; 304 for who has read it. Secrets are hidden as in tickets."""
    wanted = query.uuid_of(ticket_id)
    asked = query.query_as(MessagesQuery, app.current_event)
    with connection() as conn:
        found = messages.page(conn, wanted, asked.after, asked.limit, app.caller.owner)
        if found is None:
            raise NotFound("ticket")
        if asked.reveal:
            edits.add_event(conn, wanted, "secrets.revealed", app.caller.id, {})
    return app.answer_if_new(render({"messages": found if asked.reveal else hide_in(found)}))


@app.post("/tickets/<ticket_id>/messages")
def post_message(ticket_id: str) -> Response[str]:
    """Adds a message; 201. A repeat of the request's key adds none."""
    event = app.current_event
    wanted = query.uuid_of(ticket_id)
    header = key_of(event, required=False)
    document = body.parse_body(body.raw_body(event))
    said = body.validate(NewMessage, document)
    app.limit(app.caller.id)
    key = key_for(event, app.caller, header, {"ticket_id": str(wanted), "body": document})

    def add() -> tuple[StoredAnswer, None]:
        made = add_message(conn, wanted, app.caller, said)
        return StoredAnswer(HTTPStatus.CREATED, render(made), wanted), None

    with connection() as conn:
        answer, _ = once(conn, key, add)
    return app.answer(answer.status, answer.body, answer.headers)


@app.delete("/tickets/<ticket_id>/draft")
def delete_draft(ticket_id: str) -> Response[str]:
    """Discards the proposed reply."""
    wanted = query.uuid_of(ticket_id)
    condition = Condition(tags_of("If-Match", app.header_values("If-Match")))
    with connection() as conn:
        discard_draft(conn, wanted, app.caller, condition)
    return app.nothing()


@app.get("/tickets/<ticket_id>/events")
def list_events(ticket_id: str) -> Response[str]:
    """What happened to a ticket, in order; 304 for who has read all of it."""
    wanted = query.uuid_of(ticket_id)
    asked = query.query_as(TrailQuery, app.current_event)
    with connection() as conn:
        trail = existing(tickets.trail(conn, wanted, asked.after, app.caller.owner), "ticket")
    return app.answer_if_new(render({**trail, "events": hide_in(trail["events"])}))


@app.get("/tickets/<ticket_id>/sla")
def get_sla(ticket_id: str) -> Response[str]:
    """The explanation of a due time: the ticket's clock with its counted and skipped intervals."""
    wanted = query.uuid_of(ticket_id)
    with connection() as conn:
        clock = ticket_sla.sla_of(conn, wanted, app.caller.owner)
    return app.answer(HTTPStatus.OK, render(clock))


@app.get("/runs/<run_id>")
def get_run(run_id: str) -> Response[str]:
    """A run's status, current step, timings, outcomes and execution ARN; 304 if it is the same."""
    wanted = query.run_id_of(run_id)
    with connection() as conn:
        row = existing(tickets.run(conn, wanted, app.caller.owner), "run")
    return app.answer_if_new(render(query.with_execution(row)))


@app.get("/catalog")
def get_catalog() -> Response[str]:
    """What tickets can be sorted into; 409 while no catalog is in force."""
    with connection() as conn:
        catalog = loaded.document_in_force(conn)
    if catalog is None:
        raise CatalogMissing
    return app.answer(HTTPStatus.OK, render(overview(catalog)))


def _condition(tags: Tags | None, edit: Edit) -> Condition:
    """The condition of an edit; raises a 400 Problem for an empty one, a 428 one without any."""
    if not edit.given:
        raise Problem(HTTPStatus.BAD_REQUEST, "send at least one field to change")
    if tags is None and edit.version is None:
        detail = "send If-Match with the ticket's ETag, or its version in the body"
        raise Problem(HTTPStatus.PRECONDITION_REQUIRED, detail)
    return Condition(tags, edit.version)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
