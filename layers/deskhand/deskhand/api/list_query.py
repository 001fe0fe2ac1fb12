"""The query string of `GET /tickets` inside a body: tickets that are meant, or a list."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qs

from pydantic import StringConstraints

from deskhand.api.problem import Problem, problem_of
from deskhand.api.query import filter_of, list_of
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


def check_list(query: str, at: str) -> None:
    """Raises a 422 Problem that names the place `at`, if no list has this query string."""
    try:
        list_of(parse_qs(query, keep_blank_values=True))
    except Problem as problem:
        [(name, why), *_] = problem.errors
        said = f"{name}: {why}"
        raise problem_of(HTTPStatus.UNPROCESSABLE_ENTITY, at, said) from None
