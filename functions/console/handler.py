"""GET /console: the page for people, and the files that it loads."""

import hashlib
import json
import secrets
from functools import cache
from http import HTTPStatus
from pathlib import Path
from string import Template
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.etag import tags_of
from deskhand.api.problem import Problem
from deskhand.api.router import Api

_BUILT = Path(__file__).parent / "dist"
_ENTRY = "src/main.tsx"
_MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Nothing from elsewhere, no script but the files beside the page, and no text that becomes HTML.
_POLICY = Template(
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-$nonce'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
# Components find the nonce for their own styles in the meta element. A browser hides the attribute
# `nonce` from style sheets, so it is there and not in `content`.
_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta property="csp-nonce" nonce="$nonce">
<title>Deskhand</title>
<link rel="icon" href="data:,">
$links
</head>
<body>
<noscript>This page needs JavaScript. <a href="docs">The API</a> does not.</noscript>
<div id="console"></div>
</body>
</html>
""")

app = Api()


@app.get("/console")
def get_console() -> Response[str]:
    """The page. Only one address serves it, because it names its files relative to that."""
    if app.current_event.path.endswith("/"):
        headers = {"Location": "../console", "X-Request-ID": app.request_id}
        return Response(HTTPStatus.PERMANENT_REDIRECT, headers=headers)
    nonce = secrets.token_urlsafe(18)
    headers = {
        # It has a nonce, and it names the newest files.
        "Cache-Control": "no-store",
        "Content-Security-Policy": _POLICY.substitute(nonce=nonce),
        "X-Request-ID": app.request_id,
    }
    page = _PAGE.substitute(nonce=nonce, links=_links())
    return Response(HTTPStatus.OK, "text/html; charset=utf-8", page, headers)


@app.get("/console/<asset>")
def get_asset(asset: str) -> Response[str]:
    """A file that the page loads; another content has another name, so it is kept for ever."""
    path = _BUILT / asset
    if path.suffix not in _MEDIA_TYPES or asset not in _names():
        raise Problem(HTTPStatus.NOT_FOUND, "there is no such file")
    text, tag = _read(asset)
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": tag,
        "X-Request-ID": app.request_id,
    }
    seen = tags_of("If-None-Match", app.header_values("If-None-Match"))
    if seen and (seen.every or tag in seen.strong | seen.weak):
        return Response(HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(HTTPStatus.OK, _MEDIA_TYPES[path.suffix], text, headers)


@cache
def _links() -> str:
    """The elements that load the page's entry, with its styles and the modules that it imports."""
    try:
        manifest = json.loads((_BUILT / "manifest.json").read_text())
    except FileNotFoundError:
        raise Problem(
            HTTPStatus.NOT_FOUND, "the console is not built: run `make console`"
        ) from None
    entry = manifest[_ENTRY]
    imported = [manifest[name]["file"] for name in entry.get("imports", [])]
    return "\n".join(
        [
            *(f'<link rel="stylesheet" href="console/{name}">' for name in entry.get("css", [])),
            *(f'<link rel="modulepreload" href="console/{name}">' for name in imported),
            f'<script type="module" src="console/{entry["file"]}"></script>',
        ]
    )


@cache
def _names() -> frozenset[str]:
    return frozenset(path.name for path in _BUILT.glob("*"))


@cache
def _read(asset: str) -> tuple[str, str]:
    """The file's text and its entity tag."""
    text = (_BUILT / asset).read_text()
    return text, f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
