"""Reading: one ticket, many tickets, a ticket's trail, a run."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand import reading
from deskhand.http import Api
from deskhand.store import tickets
from deskhand.store.connection import connection

app = Api()


@app.get("/tickets")
def list_tickets() -> Response[str]:
    """A page of tickets, newest first, with the cursor of the next one."""
    query = reading.query_of(app.current_event)
    with connection() as conn:
        rows = tickets.page(conn, query.filter, query.before, query.limit + 1)
    return app.answer(HTTPStatus.OK, reading.page(rows, query.limit))


@app.get("/tickets/<ticket_id>")
def get_ticket(ticket_id: str) -> Response[str]:
    """Every stored field of a ticket, its run, and an ETag for later updates."""
    with connection() as conn:
        row = reading.found(tickets.get(conn, reading.uuid_of(ticket_id)), "ticket")
    return app.answer(HTTPStatus.OK, reading.render(row), {"ETag": f'"{row["version"]}"'})


@app.get("/tickets/<ticket_id>/events")
def list_events(ticket_id: str) -> Response[str]:
    """Everything that happened to a ticket, in order."""
    with connection() as conn:
        rows = tickets.events(conn, reading.uuid_of(ticket_id))
    reading.found(rows, "ticket")
    return app.answer(HTTPStatus.OK, reading.render({"events": rows}))


@app.get("/runs/<run_id>")
def get_run(run_id: str) -> Response[str]:
    """A run's status, current step, timings, outcomes and execution ARN."""
    with connection() as conn:
        row = reading.found(tickets.run(conn, reading.run_id_of(run_id)), "run")
    return app.answer(HTTPStatus.OK, reading.render(reading.with_execution(row)))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
