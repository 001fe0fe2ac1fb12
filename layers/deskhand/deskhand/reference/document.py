"""The OpenAPI document, made of the table of operations."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from deskhand.api.query import MAX_ID
from deskhand.knowledge.articles import MAX_SLUG, SLUG
from deskhand.reference.files import PARTS
from deskhand.reference.headers import OF_ANSWERS, OF_REQUESTS
from deskhand.reference.operation import (
    JSON,
    OF_ALL,
    Link,
    Operation,
    Reply,
    problem,
    status_of,
)
from deskhand.reference.schemas import REFERENCES, of_models, of_parameters
from deskhand.settings.version import VERSION

type Json = dict[str, Any]

_INFO = {
    "title": "Deskhand",
    "version": VERSION,
    "summary": "Triage of support tickets and IT incidents",
    "description": "Errors are problem documents (RFC 9457). Times are ISO 8601 in UTC. Texts may"
    " hold every character but U+0000. A customer sees their own tickets; a ticket of another"
    " customer is answered as if it did not exist. `RateLimit` and `RateLimit-Policy` say what a"
    " caller may still ask. `security` lists the roles that may use an operation.",
}
_SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token (RFC 9068) from `/auth/login`, good for 15 minutes, or the"
        " token of a service. An installation may give requests without one a role.",
    }
}
_IN_PATHS: dict[str, Json] = {
    "ticket_id": {"type": "string", "format": "uuid"},
    "bulk_id": {"type": "string", "format": "uuid"},
    "account_id": {"type": "string", "format": "uuid"},
    "invite_id": {"type": "string", "format": "uuid"},
    "token_id": {"type": "string", "format": "uuid"},
    "slug": {"type": "string", "pattern": SLUG, "maxLength": MAX_SLUG},
    "export_id": {"type": "string", "format": "uuid"},
    "report_id": {"type": "string", "format": "uuid"},
    "run_id": {"type": "integer", "minimum": 1, "maximum": MAX_ID},
    "audit_id": {"type": "string", "format": "uuid"},
    "import_id": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,100}$"},
    "file": {"type": "string", "enum": sorted(PARTS)},
    "asset": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,100}$"},
}
_GROUPS = {
    **dict.fromkeys(("tickets", "incidents", "runs", "triage", "exports", "catalog"), "tickets"),
    "analytics": "analytics",
    "attribution": "attribution",
    "admin": "recovery",
    **dict.fromkeys(("auth", ".well-known", "people"), "accounts"),
    "kb": "knowledge",
    "reports": "attribution",
}
_SHARED = {status: problem(status, meaning) for status, meaning in OF_ALL.items()}


def document(operations: tuple[Operation, ...]) -> Json:
    """The document; the same operations always give the same one."""
    paths: Json = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": _INFO,
        # Relative to where the document was loaded from: the document does not know its stage or
        # host.
        "servers": [{"url": "."}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": of_models(_models(operations)),
            "responses": {f"Problem{status_of(s)}": _written(r) for s, r in _SHARED.items()},
            "headers": {name: _answered(name) for name in OF_ANSWERS},
            "securitySchemes": _SCHEMES,
        },
    }


def _models(operations: tuple[Operation, ...]) -> list[tuple[type[BaseModel], JsonSchemaMode]]:
    found: dict[type[BaseModel], JsonSchemaMode] = {}
    for operation in operations:
        if operation.body:
            found[operation.body] = "validation"
        for reply in (*operation.replies.values(), *operation.errors().values()):
            if reply.model:
                found[reply.model] = "serialization"
    return list(found.items())


def _operation(operation: Operation) -> Json:
    replies = operation.errors() | {str(status): r for status, r in operation.replies.items()}
    described: Json = {
        "operationId": operation.name,
        "tags": [_GROUPS.get(operation.path.split("/")[1], "service")],
        "summary": operation.summary,
        "description": _described(operation),
        # OpenAPI 3.1 lets any scheme name the roles that are needed.
        "security": [] if operation.public else [{"token": list(operation.access.roles)}],
        "parameters": _parameters(operation),
        "requestBody": _body(operation),
        "responses": {status: _response(replies[status]) for status in sorted(replies)},
    }
    return {name: value for name, value in described.items() if value not in (None, "")}


def _described(operation: Operation) -> str:
    return " ".join(part for part in (operation.detail, operation.needs()) if part)


def _parameters(operation: Operation) -> list[Json]:
    in_path = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    in_query = of_parameters(operation.query) if operation.query else {}
    return [
        *({"name": n, "in": "path", "required": True, "schema": _IN_PATHS[n]} for n in in_path),
        *(_in_query(name, schema, operation.query) for name, schema in in_query.items()),
        *(_header(name, required) for name, required in operation.headers.items()),
        _header("X-Request-ID", required=False),
    ]


def _in_query(name: str, schema: Json, model: type[BaseModel] | None) -> Json:
    shown = dict(schema)
    meaning = {"description": shown.pop("description")} if "description" in shown else {}
    fields = {f.alias or own: f for own, f in model.model_fields.items()} if model else {}
    needed = {"required": True} if name in fields and fields[name].is_required() else {}
    return {"name": name, "in": "query", **needed, **meaning, "schema": shown}


def _header(name: str, required: bool) -> Json:
    meaning, schema = OF_REQUESTS[name]
    needed = {"required": True} if required else {}
    return {"name": name, "in": "header", **needed, "description": meaning, "schema": schema}


def _body(operation: Operation) -> Json | None:
    if not operation.body and not operation.files:
        return None
    content: Json = {kind: {} for kind in operation.files}
    if operation.body:
        content[JSON] = {"schema": _reference(operation.body)}
        if operation.example:
            content[JSON]["example"] = operation.example
    return {"required": operation.body_required, "content": content}


def _response(reply: Reply) -> Json:
    for status, shared in _SHARED.items():
        if reply == shared:
            return {"$ref": f"#/components/responses/Problem{status_of(status)}"}
    return _written(reply)


def _written(reply: Reply) -> Json:
    named = ("X-Request-ID", *reply.headers)
    response: Json = {
        "description": reply.meaning,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in named},
    }
    if reply.model:
        schema = {"schema": _reference(reply.model)}
        response["content"] = dict.fromkeys(reply.media_types, schema)
    elif reply.media_types and (reply.media_types != (JSON,) or "Cache-Control" in reply.headers):
        response["content"] = {kind: {} for kind in reply.media_types}
    if reply.links:
        response["links"] = {link.operation: _link(link) for link in reply.links}
    return response


def _answered(name: str) -> Json:
    meaning, always, schema = OF_ANSWERS[name]
    return {"description": meaning, "required": always, "schema": schema}


def _link(link: Link) -> Json:
    return {"operationId": link.operation, "parameters": dict(link.parameters)}


def _reference(model: type[BaseModel]) -> Json:
    return {"$ref": REFERENCES.format(model=model.__name__)}
