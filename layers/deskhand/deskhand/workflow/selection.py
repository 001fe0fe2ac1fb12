"""The selection of a replay: one run, a group of failures, or everything."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel
from pydantic_core import PydanticCustomError

from deskhand.api.fields import whole
from deskhand.api.query import MAX_ID


def _flag(value: Any) -> Any:
    # 1 equals True, so Literal[True] alone would accept it.
    if not isinstance(value, bool):
        raise PydanticCustomError("flag", "must be true")
    return value


class DryRun(BaseModel):
    """The optional members of every selection."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    dry_run: bool = Field(False, description="Only say what would be done")


class OneRun(DryRun):
    """One failed run."""

    run_id: Annotated[int, Field(ge=1, le=MAX_ID), BeforeValidator(whole)]


class Group(DryRun):
    """A group of `GET /admin/failures`."""

    step: str = Field(min_length=1, max_length=100)
    error: str = Field(min_length=1, max_length=200)


class Everything(DryRun):
    """All failures."""

    all: Annotated[Literal[True], BeforeValidator(_flag)]


class Selection(RootModel[OneRun | Group | Everything]):
    """Exactly one of the three, optionally with `dry_run` to change nothing."""
