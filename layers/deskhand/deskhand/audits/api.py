"""HTTP routes of audits: start or try one, list them, read and delete one."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api import body
from deskhand.api.handover import answer_with_link, handover_of
from deskhand.api.problem import Problem, problem_of
from deskhand.api.query import query_as, uuid_of
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.audits.export import Export, TooManyRows, first_rows, pack, read_export
from deskhand.audits.keys import key_of
from deskhand.audits.request import AuditParameters, zone_of
from deskhand.catalog.loaded import document_in_force
from deskhand.catalog.model import Catalog
from deskhand.errors import CatalogMissing
from deskhand.refusals import Conflict, existing
from deskhand.reports import bucket
from deskhand.spreadsheets.api import JSON_ROWS, MAX_BYTES, TABLES, given_mapping, open_table
from deskhand.store import audits
from deskhand.store.connection import Connection, connection, patient
from deskhand.uuid7 import uuid7

MOST_WAITING = 5
_LISTED = 100


def post_audit(api: Api) -> Response[str]:
    """200 with how the file was understood for a dry run; else 202 with the audit that waits.

    Whatever only the caller can know is a 422 that names the parameter to send.
    """
    asked = query_as(AuditParameters, api.current_event)
    sent = body.raw_body(api.current_event, (*TABLES, *JSON_ROWS), MAX_BYTES)
    api.limit(api.caller.id)
    with connection() as conn:
        catalog = document_in_force(conn)
        export = _export(api, sent, asked, catalog)
        if asked.dry_run:
            return api.answer(HTTPStatus.OK, render(_tried(export)))
        if catalog is None:
            raise CatalogMissing
        if export.problems:
            raise Problem(
                HTTPStatus.UNPROCESSABLE_ENTITY, "the file leaves something open", export.problems
            )
        stored = _store(conn, export, asked, api.caller.id)
    return api.answer(HTTPStatus.ACCEPTED, render(stored))


def list_audits(api: Api) -> Response[str]:
    """200 with the last audits."""
    with connection() as conn:
        rows = audits.newest(conn, _LISTED)
    return api.answer(HTTPStatus.OK, render({"audits": rows}))


def show_audit(api: Api, audit_id: str) -> Response[str]:
    """200 with an audit and, once it is done, its findings."""
    with connection() as conn:
        found = existing(audits.find(conn, uuid_of(audit_id, "audit_id")), "audit")
    return api.answer(HTTPStatus.OK, render(found))


def show_file(api: Api, audit_id: str) -> Response[str]:
    """The spreadsheet, by a link that ends after a minute; 409 before it is done."""
    wanted, handover = uuid_of(audit_id, "audit_id"), handover_of(api)
    with connection() as conn:
        found = existing(audits.find(conn, wanted), "audit")
    if found["status"] != "done":
        raise Conflict(f"the audit is {found['status']}")
    return answer_with_link(api, bucket.link(key_of(wanted)), handover)


def delete_audit(api: Api, audit_id: str) -> Response[str]:
    """204: the audit and its findings are deleted."""
    wanted = uuid_of(audit_id, "audit_id")
    with connection() as conn:
        existing(audits.delete(conn, wanted), "audit")
    bucket.delete(key_of(wanted))
    return api.nothing()


def _export(api: Api, sent: bytes, asked: AuditParameters, catalog: Catalog | None) -> Export:
    table, columns = open_table(sent, given_mapping(api.current_event))
    try:
        return read_export(table, columns, asked.dates, zone_of(asked, catalog))
    except TooManyRows as error:
        raise problem_of(HTTPStatus.UNPROCESSABLE_ENTITY, "", str(error)) from None


def _tried(export: Export) -> dict[str, Any]:
    problems = [{"pointer": at, "detail": said} for at, said in export.problems]
    return {"source": export.source, "problems": problems, "rows": first_rows(export.tickets)}


def _store(conn: Connection, export: Export, asked: AuditParameters, actor: str) -> dict[str, Any]:
    audit_id, count = uuid7(), len(export.tickets)
    packed = pack(export.tickets)
    with patient(conn, 20):
        if audits.waiting(conn) >= MOST_WAITING:
            raise Conflict(f"{MOST_WAITING} audits wait already: let them end, or delete some")
        audits.add(conn, audit_id, actor, export.source, asked.confidence, count, packed)
        return existing(audits.find(conn, audit_id), "audit")
