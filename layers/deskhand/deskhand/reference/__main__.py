"""`python -m deskhand.reference` writes the OpenAPI document that the functions serve."""

import json

from deskhand.reference.document import document
from deskhand.reference.files import REFERENCE
from deskhand.reference.operations import OPERATIONS


def text() -> str:
    """The document as it is committed."""
    return json.dumps(document(OPERATIONS), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    REFERENCE.path.write_text(text())
