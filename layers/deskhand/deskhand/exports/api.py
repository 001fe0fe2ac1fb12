"""HTTP routes of exports: ask for one, see how far it is, load it."""

from functools import partial
from http import HTTPStatus
from typing import Literal

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, ConfigDict

from deskhand.api import body
from deskhand.api.handover import answer_with_link, handover_of
from deskhand.api.idempotency import StoredAnswer, key_for, key_of, once
from deskhand.api.list_query import ListQuery, selected_by
from deskhand.api.query import uuid_of
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.refusals import existing
from deskhand.reports import bucket
from deskhand.settings.environment import settings
from deskhand.store import exports
from deskhand.store.connection import Connection, connection
from deskhand.uuid7 import uuid7


class ExportRequest(BaseModel):
    """`POST /exports`: the list, as the query string of `GET /tickets`, and the format."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    query: ListQuery = ""
    format: Literal["csv", "xlsx"] = "xlsx"


def post_export(api: Api) -> Response[str]:
    """202 with an export that waits; it is written within a minute or two."""
    event = api.current_event
    header = key_of(event, required=False)
    document = body.parse_body(body.raw_body(event))
    wanted = body.validate(ExportRequest, document)
    selected_by(wanted.query)
    key = key_for(event, api.caller, header, document)
    with connection() as conn:
        answer, _ = once(conn, key, partial(_add, conn, wanted, api.caller.id))
    return api.answer(answer.status, answer.body, answer.headers)


def _add(conn: Connection, wanted: ExportRequest, caller: str) -> tuple[StoredAnswer, None]:
    export_id = uuid7()
    exports.add(conn, export_id, caller, wanted.query, wanted.format)
    row = existing(exports.get(conn, export_id), "export")
    return StoredAnswer(HTTPStatus.ACCEPTED, render(row)), None


def get_export(api: Api, export_id: str) -> Response[str]:
    """200 with the export and how many rows are written."""
    wanted = uuid_of(export_id, "export_id")
    with connection() as conn:
        row = existing(exports.get(conn, wanted), "export")
    return api.answer(HTTPStatus.OK, render(row))


def get_file(api: Api, export_id: str) -> Response[str]:
    """The file, by a link that ends after a minute."""
    wanted, handover = uuid_of(export_id, "export_id"), handover_of(api)
    with connection() as conn:
        key = existing(exports.key_of_file(conn, wanted, settings().report_days), "file")
    return answer_with_link(api, bucket.link(key), handover)
