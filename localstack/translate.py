"""`python translate.py template.yaml`: the template as SAM gives it to CloudFormation.

It runs in SAM's own environment. Only the translated template has the roles, the policies and the
API's methods.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

_ROLES = "arn:aws:iam::aws:policy/service-role/"
# The built code is in a bucket; here it does not matter in which one.
_CODE = ("CodeUri", "ContentUri", "DefinitionUri")


class _ManagedPolicies:
    """Otherwise SAM reads the names from AWS."""

    def load(self) -> dict[str, str]:
        names = ("AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole")
        return {name: _ROLES + name for name in names}


def translate(path: Path) -> dict[str, Any]:
    """Return the translated template with every parameter at its default."""
    template = yaml_parse(path.read_text())
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        properties |= {name: "s3://bucket/key" for name in _CODE if name in properties}
    parameters = {name: each.get("Default", "") for name, each in template["Parameters"].items()}
    made: dict[str, Any] = transform(
        template, {**parameters, "AWS::Region": "us-east-1"}, _ManagedPolicies()
    )
    return made


if __name__ == "__main__":
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    print(json.dumps(translate(Path(sys.argv[1])), indent=1))
