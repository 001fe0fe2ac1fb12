"""Fingerprints that are equal for equal questions."""

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache

from pydantic import BaseModel

from deskhand.models.base import Prompt


def collapse_spaces(text: str) -> str:
    """The text with every run of white space as one space.

    Nothing else is normalised: case and punctuation carry meaning ("US", "us"; "URGENT"), and so do
    accents and digits, whereas mail clients wrap and indent the same words at will.
    """
    return " ".join(text.split())


def fingerprint(asked: Iterable[str], prompt: Prompt, schema: type[BaseModel]) -> bytes:
    """SHA-256 of the provider's identity (`asked`) and of all that the model would see, with white
    space collapsed.

    A prompt holds ticket, catalog and instructions, so a change of any of them makes another
    question; its marker is excluded. Each part is hashed with its length: "ab", "c" differs from
    "a", "bc".
    """
    digest = hashlib.sha256()
    user = prompt.user.replace(prompt.marker, "") if prompt.marker else prompt.user
    for part in (
        *asked,
        prompt.name,
        prompt.version,
        _text(schema),
        collapse_spaces(prompt.system),
        collapse_spaces(user),
    ):
        content = part.encode("utf-8", "surrogatepass")
        digest.update(len(content).to_bytes(8))
        digest.update(content)
    return digest.digest()


# Cached for each catalog: it takes longer than everything else here.
@lru_cache(maxsize=8)
def _text(schema: type[BaseModel]) -> str:
    return json.dumps(schema.model_json_schema(), sort_keys=True)
