"""Service tokens: made, shown and revoked by administrators."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from deskhand.accounts.requests import NewServiceToken
from deskhand.api import body, opaque_tokens
from deskhand.api.query import uuid_of
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.refusals import existing
from deskhand.store import service_tokens
from deskhand.store.audit_rows import add_audit_row
from deskhand.store.connection import connection
from deskhand.store.service_tokens import Machine
from deskhand.uuid7 import uuid7


def create(api: Api) -> Response[str]:
    """201 with a new machine; its token is shown this once."""
    sent = body.validate(NewServiceToken, body.parse_body(body.raw_body(api.current_event)))
    token = opaque_tokens.new(opaque_tokens.SERVICE)
    machine = Machine(uuid7(), sorted(set(sent.scopes)))
    with connection() as conn, conn.transaction():
        row = service_tokens.create(conn, machine, sent.name, token.hash, sent.days, api.caller.id)
        data = {"id": str(machine.id), "scopes": machine.scopes}
        add_audit_row(conn, "service_token.created", api.caller.id, api.request_id, data)
    return api.answer(HTTPStatus.CREATED, render({**row, "token": token.text}))


def show(api: Api) -> Response[str]:
    """200 with all machines, newest first, without their tokens."""
    with connection() as conn:
        rows = service_tokens.every(conn)
    return api.answer(HTTPStatus.OK, render({"tokens": rows}))


def revoke(api: Api, token_id: str) -> Response[str]:
    """204: the machine's token is rejected from the next request."""
    wanted = uuid_of(token_id, "token_id")
    with connection() as conn, conn.transaction():
        existing(service_tokens.revoke(conn, wanted), "service token")
        data = {"id": str(wanted)}
        add_audit_row(conn, "service_token.revoked", api.caller.id, api.request_id, data)
    return api.nothing()
