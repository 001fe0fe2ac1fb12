"""Field types of catalog documents: closed objects, visible names, plain words."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from deskhand.normal_form import normal_form


class Strict(BaseModel):
    """An immutable object whose members are all known and of exactly their type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def as_named(value: object) -> object:
    """A plain string is read as an object with only a name."""
    return {"name": value} if isinstance(value, str) else value


def not_empty[T](items: tuple[T, ...]) -> tuple[T, ...]:
    """Validator: the list must not be empty."""
    # A field's min_length would also report an error for a list whose only items are invalid.
    if not items:
        raise PydanticCustomError("empty", "must not be empty")
    return items


def _visible(text: str) -> str:
    if not normal_form(text):
        raise PydanticCustomError("blank", "must not be blank")
    if any(ord(c) < 32 and c not in "\t\n\r" for c in text):
        raise PydanticCustomError("control_character", "must not contain control characters")
    return text


type Name = Annotated[str, Field(max_length=100), AfterValidator(_visible)]
type Wording = Annotated[str, Field(max_length=2000), AfterValidator(_visible)]
type Wordings = Annotated[tuple[Wording, ...], Field(max_length=200, strict=False)]
