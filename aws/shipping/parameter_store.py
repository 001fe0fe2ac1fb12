"""Values of a stage in SSM Parameter Store: `DomainName: ssm:/deskhand/prod/domain`."""

from dataclasses import replace
from typing import Any

from shipping.stage import TEMPLATES, Stage, StageInvalid

PREFIX = "ssm:"
# As many as one call takes.
_AT_ONCE = 10


def is_kept(stage: Stage) -> bool:
    """Whether the stage names any value there."""
    return bool(_names(stage))


def resolved(stage: Stage, client: Any) -> Stage:
    """The stage with the values themselves; raises StageInvalid naming all that cannot be used."""
    names = sorted(_names(stage))
    values: dict[str, str] = {}
    wrong = []
    for first in range(0, len(names), _AT_ONCE):
        answer = client.get_parameters(Names=names[first : first + _AT_ONCE])
        wrong += [f"{name} does not exist" for name in answer["InvalidParameters"]]
        for each in answer["Parameters"]:
            values[each["Name"]] = each["Value"]
            if each["Type"] == "SecureString":
                # It would be readable in the stack's parameters.
                wrong.append(f"{each['Name']} is a SecureString: secrets are for Secrets Manager")
    if wrong:
        raise StageInvalid(f"{stage.name}: Parameter Store: {'; '.join(wrong)}")
    return replace(
        stage,
        network=_filled(stage.network, values),
        database=_filled(stage.database, values),
        application=_filled(stage.application, values) or {},
    )


def _filled(given: dict[str, str] | None, values: dict[str, str]) -> dict[str, str] | None:
    if given is None:
        return None
    return {key: values.get(_name(value), value) for key, value in given.items()}


def _names(stage: Stage) -> set[str]:
    given = [getattr(stage, part) or {} for part in TEMPLATES]
    return {_name(value) for each in given for value in each.values() if _name(value)}


def _name(value: str) -> str:
    """The name in a reference; empty for a value."""
    return value.removeprefix(PREFIX).strip() if value.startswith(PREFIX) else ""
