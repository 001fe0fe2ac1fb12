"""The fields of requests: checked texts, tags, metadata and numbers."""

import re
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, StringConstraints
from pydantic_core import PydanticCustomError

from deskhand.api.json_document import canonical

# The largest value of MAX_BODY_KIB, which limits a request before this does.
MAX_BODY = 1_048_576
MAX_SUBJECT = 500
MAX_METADATA_BYTES = 8_192
# This pattern is part of the published schema: Python, JavaScript and Rust must read it alike.
VISIBLE = (
    r"[^\s\x00-\x1f\x7f-\x9f\u00ad\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u1ab0-\u1aff"
    r"\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\u2800\u3164\ufe00-\ufe0f"
    r"\ufe20-\ufe2f\ufeff\uffa0\ufff9-\ufffb]"
)
_VISIBLE = re.compile(VISIBLE)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def not_blank(text: str) -> str:
    """Validator: the text must contain a character that is seen."""
    if not _VISIBLE.search(text):
        raise PydanticCustomError("blank", "must not be blank")
    return text


def small(metadata: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Validator: the metadata must not exceed MAX_METADATA_BYTES."""
    if len(canonical(metadata)) > MAX_METADATA_BYTES:
        raise PydanticCustomError("size", f"must not be larger than {MAX_METADATA_BYTES} bytes")
    return metadata


def identifier(value: Any) -> Any:
    """A UUID in the usual notation as one; anything else as it is."""
    return UUID(value) if isinstance(value, str) and _UUID.fullmatch(value) else value


def whole(value: Any) -> Any:
    """2.0 as 2, which are one number in JSON; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Id = Annotated[UUID, BeforeValidator(identifier)]
Label = Annotated[str, StringConstraints(max_length=100), AfterValidator(not_blank)]
Subject = Annotated[str, StringConstraints(max_length=MAX_SUBJECT), AfterValidator(not_blank)]
Body = Annotated[str, StringConstraints(max_length=MAX_BODY)]
Tags = Annotated[list[Label], Field(max_length=20)]
Metadata = Annotated[dict[str, JsonValue], AfterValidator(small)]
