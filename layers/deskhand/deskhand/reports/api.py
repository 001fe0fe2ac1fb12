"""HTTP routes of reports: list, download, send again."""

from functools import partial
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from deskhand.api import body
from deskhand.api.handover import answer_with_link, handover_of
from deskhand.api.idempotency import StoredAnswer, key_for, key_of, once
from deskhand.api.query import Limit, query_as, uuid_of
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.logs import log
from deskhand.refusals import Invalid, existing
from deskhand.reports import bucket
from deskhand.settings.environment import settings
from deskhand.settings.mail_addresses import MAX_RECIPIENTS, is_address
from deskhand.store import report_mails, reports
from deskhand.store.connection import Connection, connection


def address(text: str) -> str:
    """Validator: a plain address."""
    if not is_address(text):
        raise PydanticCustomError("address", "must be an address like name@example.com")
    return text


Address = Annotated[str, StringConstraints(max_length=254), AfterValidator(address)]


class ReportListing(BaseModel):
    """The query parameters of `GET /reports`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Limit = 20
    cursor: UUID | None = Field(None, description="`next_cursor` of the page before")


class Sending(BaseModel):
    """To whom a report is sent."""

    model_config = ConfigDict(extra="forbid", strict=True)

    recipients: Annotated[list[Address], Field(min_length=1, max_length=MAX_RECIPIENTS)] | None = (
        Field(None, description="Addresses; null or absent: those in REPORT_RECIPIENTS")
    )


def list_reports(api: Api) -> Response[str]:
    """200 with a page of reports and their mails, newest first."""
    asked = query_as(ReportListing, api.current_event)
    with connection() as conn:
        rows = reports.page(conn, asked.cursor, asked.limit + 1)
    shown = rows[: asked.limit]
    cursor = shown[-1]["id"] if len(rows) > asked.limit else None
    return api.answer(HTTPStatus.OK, render({"reports": shown, "next_cursor": cursor}))


def get_file(api: Api, report_id: str) -> Response[str]:
    """The file, by a link that ends after a minute."""
    wanted, handover = uuid_of(report_id, "report_id"), handover_of(api)
    with connection() as conn:
        key = existing(reports.key_of_file(conn, wanted, settings().report_days), "report file")
    return answer_with_link(api, bucket.link(key), handover)


def send_report(api: Api, report_id: str) -> Response[str]:
    """202 with the new mails; they are sent within a minute."""
    event = api.current_event
    wanted = uuid_of(report_id, "report_id")
    sent = body.raw_body(event) if event.body else b"{}"
    header = key_of(event, required=False)
    document = body.parse_body(sent)
    asked = body.validate(Sending, document)
    key = key_for(event, api.caller, header, {"report_id": str(wanted), "body": document})
    with connection() as conn:
        answer, count = once(conn, key, partial(_owe, conn, wanted, asked, api.caller.id))
    if count is not None:
        log.info("report owed", extra={"report_id": str(wanted), "mails": count})
    return api.answer(answer.status, answer.body, answer.headers)


def _owe(
    conn: Connection, report_id: UUID, asked: Sending, caller: str
) -> tuple[StoredAnswer, int]:
    existing(reports.get(conn, report_id), "report")
    recipients = list(dict.fromkeys(asked.recipients or settings().recipients))
    if not recipients:
        raise Invalid("name recipients: REPORT_RECIPIENTS is not set", "/recipients")
    ids = report_mails.owe(conn, report_id, recipients, caller)
    mails = [
        {"id": mail_id, "recipient": recipient}
        for mail_id, recipient in zip(ids, recipients, strict=True)
    ]
    document = render({"report_id": report_id, "mails": mails})
    return StoredAnswer(HTTPStatus.ACCEPTED, document), len(mails)
