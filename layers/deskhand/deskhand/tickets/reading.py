"""A ticket as people read it: its secrets are hidden until somebody asks for them."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from deskhand.safety.secrets.hiding import hide_in, places


class Reading(BaseModel):
    """The query parameters of `GET /tickets/{id}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reveal: Literal["secrets"] | None = Field(
        None, description="Shows passwords, keys and tokens; the trail says who asked for it"
    )


def readable(row: dict[str, Any], *, revealed: bool) -> dict[str, Any]:
    """The ticket with the places of its `secrets`, which are hidden unless they are revealed."""
    secrets = places(row)
    return {**(row if revealed else hide_in(row)), "secrets": secrets}
