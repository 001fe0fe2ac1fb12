"""CloudFormation replaces resources that should be updated.

LocalStack treats a `!Ref` to a resource that is updated in place as a changed value. Where the
property is create-only, such as the API of a stage or the function of an alias, it creates the
resource a second time: `Stage already exists`, `Alias already exists`, and the rollback deletes the
existing one. Repaired: a reference counts as changed only if the resource behind it is new, removed
or itself replaced.
"""

from collections.abc import Iterable
from typing import Any

from localstack.services.cloudformation.engine.v2 import change_set_model as model
from localstack.services.cloudformation.resource_provider import ResourceProviderExecutor

_PREFIX = "/properties/"
_KEPT = (model.ChangeType.UNCHANGED, model.ChangeType.MODIFIED)


def apply() -> None:
    """Replace LocalStack's decision."""
    model.ChangeSetModel._resolve_requires_replacement = _requires_replacement


def _requires_replacement(self: Any, node_properties: Any, resource_type: Any) -> bool:
    provider = ResourceProviderExecutor.try_load_resource_provider(resource_type.value)
    if provider is None:
        return False
    paths: Iterable[str] = provider.SCHEMA.get("createOnlyProperties", [])
    fixed = {path.removeprefix(_PREFIX) for path in paths}
    return any(
        _changed(self, node.value) for node in node_properties.properties if node.name in fixed
    )


def _changed(change_set: Any, value: Any) -> bool:
    if value.change_type == model.ChangeType.UNCHANGED:
        return False
    match value:
        case model.NodeIntrinsicFunction(intrinsic_function=model.RefKey):
            return _reference_changed(change_set, value)
        case model.NodeIntrinsicFunction():
            # Same arguments but another value: a condition, a mapping or an attribute has changed.
            same = value.arguments.change_type == model.ChangeType.UNCHANGED
            return same or _changed(change_set, value.arguments)
        case model.NodeArray():
            return any(_changed(change_set, item) for item in value.array)
        case model.NodeObject():
            return any(_changed(change_set, item) for item in value.bindings.values())
    return True


def _reference_changed(change_set: Any, reference: Any) -> bool:
    if reference.arguments.change_type != model.ChangeType.UNCHANGED:
        return True
    resources = change_set._after_template.get(model.ResourcesKey, {})
    name = reference.arguments.value
    if name not in resources:
        return True
    resource = change_set._retrieve_or_visit_resource(resource_name=name)
    return resource.requires_replacement or resource.change_type not in _KEPT
