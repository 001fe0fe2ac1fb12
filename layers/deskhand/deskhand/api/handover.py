"""How a file is handed over: by a redirect to its link, or by the link as JSON."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, ConfigDict, Field

from deskhand.api.query import Flag, query_as
from deskhand.api.render import render
from deskhand.api.router import Api


class Handover(BaseModel):
    """The query parameters of routes that hand over a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    redirect: Flag = Field(
        True,
        description="`false`: the link as JSON. A page in a browser cannot read where a redirect"
        " leads, and may not load from there; it can only open the link",
    )


def handover_of(api: Api) -> Handover:
    """How the caller wants the file; raises a 400 Problem for an unknown parameter."""
    return query_as(Handover, api.current_event)


def answer_with_link(api: Api, url: str, handover: Handover) -> Response[str]:
    """302 to the file, or 200 with its link."""
    if not handover.redirect:
        return api.answer(HTTPStatus.OK, render({"url": url}))
    return Response(HTTPStatus.FOUND, headers={"Location": url, "X-Request-ID": api.request_id})
