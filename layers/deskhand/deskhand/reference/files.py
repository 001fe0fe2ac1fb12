"""The files that show the API to its readers, each with its media type and an entity tag."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import aws_lambda_powertools

_HERE = Path(__file__).parent
# Swagger UI comes with Powertools, which all functions have: no CDN, no copy of our own.
_SWAGGER_UI = Path(aws_lambda_powertools.__file__).parent / "event_handler/openapi/swagger_ui"


@dataclass(frozen=True)
class File:
    """A text file that is served as it is."""

    path: Path
    media_type: str

    @cached_property
    def text(self) -> str:
        """What is in it."""
        return self.path.read_text()

    @cached_property
    def etag(self) -> str:
        """Another one for another content."""
        return f'"{hashlib.sha256(self.text.encode()).hexdigest()[:16]}"'


REFERENCE = File(_HERE / "openapi.json", "application/json")
PAGE = File(_HERE / "page.html", "text/html; charset=utf-8")
# What the page loads, by its name below /docs.
PARTS = {
    "page.js": File(_HERE / "page.js", "text/javascript; charset=utf-8"),
    "swagger-ui.js": File(
        _SWAGGER_UI / "swagger-ui-bundle.min.js", "text/javascript; charset=utf-8"
    ),
    "swagger-ui.css": File(_SWAGGER_UI / "swagger-ui.min.css", "text/css; charset=utf-8"),
}
