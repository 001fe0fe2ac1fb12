"""Entities that a catalog defines for extraction from tickets."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from deskhand.catalog.fields import Name, Strict, Wording, as_named


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise PydanticCustomError(
            "pattern", "is no regular expression: {why}", {"why": str(error)}
        ) from None
    return text


class CustomEntity(Strict):
    """A value to extract, by its description or by a pattern; the pattern's first group, if any, is
    the value."""

    name: Name
    description: Wording | None = None
    pattern: Annotated[str, Field(max_length=200), AfterValidator(_expression)] | None = None


type Entities = Annotated[
    tuple[Annotated[CustomEntity, BeforeValidator(as_named)], ...],
    Field(max_length=50, strict=False),
]
