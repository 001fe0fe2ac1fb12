"""JSON schemas of the models that handlers parse with and of what they answer."""

from typing import Any

from pydantic import AliasChoices, BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from deskhand.accounts.email import normalise
from deskhand.accounts.requests import AccountChange
from deskhand.analytics.api import possible
from deskhand.api.fields import MAX_METADATA_BYTES, VISIBLE, not_blank, small
from deskhand.audits.request import time_zone
from deskhand.catalog.proposed import ProposedCatalog
from deskhand.knowledge.articles import MAX_SECTIONS, few_sections, known_title
from deskhand.reports.api import address
from deskhand.tickets.bulk import Bulk
from deskhand.tickets.edit import Change, Edit

REFERENCES = "#/components/schemas/{model}"


# What validators written in Python say in a schema.
_SAID: dict[object, dict[str, Any]] = {
    normalise: {"format": "email"},
    address: {"format": "email"},
    not_blank: {"pattern": VISIBLE},
    possible: {},
    time_zone: {},
    known_title: {"description": "Without it, the front matter's title, or the first heading"},
    few_sections: {"description": f"Markdown with {MAX_SECTIONS} sections at most"},
    small: {"description": f"{MAX_METADATA_BYTES} bytes at most, written without spaces"},
}
_SAID_OF_MODELS: dict[type[BaseModel], dict[str, Any]] = {
    AccountChange: {"anyOf": [{"required": [name]} for name in AccountChange.model_fields]},
    ProposedCatalog: {"oneOf": [{"required": [name]} for name in ("document", "text")]},
    Bulk: {"oneOf": [{"required": [name]} for name in ("ids", "query")]},
    Change: {"anyOf": [{"required": [name]} for name in Change.model_fields]},
    Edit: {"anyOf": [{"required": [name]} for name in Edit.model_fields if name != "version"]},
}


class _Generator(GenerateJsonSchema):
    """Without the titles that pydantic makes of field names, with what `_SAID` adds."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def function_after_schema(self, schema: Any) -> dict[str, Any]:
        validator = schema["function"]["function"]
        if validator not in _SAID and getattr(validator, "__module__", "").startswith("deskhand"):
            raise LookupError(f"say in _SAID what {validator.__name__} asks for")
        return super().function_after_schema(schema) | _SAID.get(validator, {})


def of_models(models: list[tuple[type[BaseModel], JsonSchemaMode]]) -> dict[str, Any]:
    """The schemas of models and of all that they refer to, by name."""
    _, made = models_json_schema(models, ref_template=REFERENCES, schema_generator=_Generator)
    schemas: dict[str, Any] = made.get("$defs", {})
    for model, _ in models:
        _add_spellings(model, schemas[model.__name__])
        schemas[model.__name__] |= _SAID_OF_MODELS.get(model, {})
    for schema in schemas.values():
        schema.pop("title", None)
    return dict(sorted(schemas.items()))


def of_parameters(model: type[BaseModel]) -> dict[str, dict[str, Any]]:
    """The schema of each field; None is how a model says that a parameter was not sent."""
    properties = model.model_json_schema(schema_generator=_Generator)["properties"]
    return {name: _without_null(schema) for name, schema in properties.items()}


def _add_spellings(model: type[BaseModel], schema: dict[str, Any]) -> None:
    """Says that a field may be sent under any one of its names."""
    for field in model.model_fields.values():
        if isinstance(field.validation_alias, AliasChoices):
            first, *others = (str(name) for name in field.validation_alias.choices)
            for other in others:
                schema["properties"][other] = {
                    **schema["properties"][first],
                    "description": f"Another spelling of `{first}`",
                }
            schema["required"].remove(first)
            one_of = [{"required": [name]} for name in (first, *others)]
            schema.setdefault("allOf", []).append({"oneOf": one_of})


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
    for choice in schema.get("anyOf", ()):
        if choice != {"type": "null"}:
            kept |= choice
    default = schema.get("default")
    return kept if default is None else {**kept, "default": default}
