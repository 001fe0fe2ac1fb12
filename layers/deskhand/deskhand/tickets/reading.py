"""A ticket as people read it: its secrets are hidden until somebody asks for them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from deskhand.api.query import MAX_ID, digits
from deskhand.safety.secrets.hiding import hide_in, places


class Reading(BaseModel):
    """The query parameters of `GET /tickets/{id}`: whether secrets are shown."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reveal: Literal["secrets"] | None = Field(
        None, description="Shows passwords, keys and tokens; the trail says who asked for it"
    )


class TrailQuery(BaseModel):
    """The query parameters of `GET /tickets/{id}/events`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after: Annotated[int, Field(ge=0, le=MAX_ID), BeforeValidator(digits)] = Field(
        0, description="The id of the last event that is known: only later ones are answered"
    )


def readable(row: dict[str, Any], *, revealed: bool) -> dict[str, Any]:
    """The ticket with the places of its `secrets`, which are hidden unless they are revealed."""
    secrets = places(row)
    return {**(row if revealed else hide_in(row)), "secrets": secrets}
