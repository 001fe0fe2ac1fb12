"""Errors of a request as problem documents (RFC 9457)."""

from http import HTTPStatus


class Problem(Exception):
    """An answer of 4xx or 5xx; `errors` lists (JSON pointer or parameter, detail) pairs."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        errors: list[tuple[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors or []
        self.headers = headers or {}


def problem_of(status: HTTPStatus, pointer: str, detail: str) -> Problem:
    """A problem with a single error, which `errors` locates by `pointer`."""
    return Problem(status, detail, [(pointer, detail)])
