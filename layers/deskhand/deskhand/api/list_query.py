"""The query string of `GET /tickets` inside a body: which tickets a request is about."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qs

from pydantic import StringConstraints

from deskhand.api.problem import Problem
from deskhand.api.query import filter_of
from deskhand.store.ticket_filter import Filter

ListQuery = Annotated[str, StringConstraints(max_length=4_000)]


def selected_by(query: str) -> Filter:
    """The tickets that it selects; raises a 422 Problem that names each wrong parameter."""
    try:
        return filter_of(parse_qs(query, keep_blank_values=True))
    except Problem as problem:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "some parameters of the query are not valid",
            [(f"/query/{name}", why) for name, why in problem.errors],
        ) from None
