"""What is to be replayed: one run, a group of failures, or everything."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel
from pydantic_core import PydanticCustomError

from deskhand.api import body
from deskhand.api.fields import whole
from deskhand.api.json_document import pointer
from deskhand.api.problem import Problem
from deskhand.api.query import MAX_RUN_ID


def _flag(value: Any) -> Any:
    # 1 equals True, and would do for the literal.
    if not isinstance(value, bool):
        raise PydanticCustomError("flag", "must be true")
    return value


class _Selection(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    dry_run: bool = Field(False, description="Only say what would be done")


class OneRun(_Selection):
    """One failed run."""

    run_id: Annotated[int, Field(ge=1, le=MAX_RUN_ID), BeforeValidator(whole)]


class Group(_Selection):
    """A group of `GET /admin/failures`."""

    step: str = Field(min_length=1, max_length=100)
    error: str = Field(min_length=1, max_length=200)


class Everything(_Selection):
    """All that failed."""

    all: Annotated[Literal[True], BeforeValidator(_flag)]


_SELECTING = ("run_id", "step", "error", "all")
_CHOICE = "run_id, or step and error, or all"


class Selection(RootModel[OneRun | Group | Everything]):
    """Exactly one of the three, each with `dry_run` where nothing is to be changed."""


def selection_of(document: Any) -> OneRun | Group | Everything:
    """The document as that selection whose member it names; raises a 422 Problem."""
    match document:
        case {"run_id": _}:
            return body.validated(OneRun, document)
        case {"all": _}:
            return body.validated(Everything, document)
        case {"step": _} | {"error": _}:
            return body.validated(Group, document)
    body.validated(_Selection, document)
    missing = [(pointer(name), "send this one, or another selection") for name in _SELECTING]
    raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"nothing is selected: send {_CHOICE}", missing)
