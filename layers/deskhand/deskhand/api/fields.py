"""The fields of requests: checked texts, tags, metadata and numbers."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, JsonValue, StringConstraints
from pydantic_core import PydanticCustomError

from deskhand.api.json_document import canonical

MAX_BODY = 10_000
MAX_SUBJECT = 500
MAX_METADATA_BYTES = 8_192
# This pattern is part of the published schema: Python, JavaScript and Rust must read it alike.
VISIBLE = r"[^\s\x00\x1c-\x1f\x85\ufeff]"
_VISIBLE = re.compile(VISIBLE)


def not_blank(text: str) -> str:
    """Validator: the text must contain a visible character."""
    if not _VISIBLE.search(text):
        raise PydanticCustomError("blank", "must not be blank")
    return text


def small(metadata: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Validator: the metadata must not exceed MAX_METADATA_BYTES."""
    if len(canonical(metadata)) > MAX_METADATA_BYTES:
        raise PydanticCustomError("size", f"must not be larger than {MAX_METADATA_BYTES} bytes")
    return metadata


def whole(value: Any) -> Any:
    """2.0 as 2, which are one number in JSON; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Label = Annotated[str, StringConstraints(max_length=100), AfterValidator(not_blank)]
Subject = Annotated[str, StringConstraints(max_length=MAX_SUBJECT), AfterValidator(not_blank)]
Body = Annotated[str, StringConstraints(max_length=MAX_BODY)]
Tags = Annotated[list[Label], Field(max_length=20)]
Metadata = Annotated[dict[str, JsonValue], AfterValidator(small)]
