"""What `make invoke` makes of SAM's output and of the template."""

from pathlib import Path

import pytest

from embedded import cloudformation
from embedded.forward import forward
from embedded.functions import folder, logical_id
from embedded.invoke import is_error


@pytest.mark.parametrize(
    ("output", "failed"),
    [
        ('{"category": "network"}\n', False),
        ('log line\n{"errorMessage": "x", "errorType": "StepFailed"}\n', True),
        ("null", False),
        ("", True),
    ],
)
def test_a_raised_error_is_seen_in_the_output(output: str, failed: bool) -> None:
    assert is_error(output) is failed


def test_short_forms_are_read_as_long_ones(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text('a: !Ref B\nc: !GetAtt D.Arn\ne: !If [F, !Sub "${G}", {h: !Ref I}]\n')
    assert cloudformation.read(file) == {
        "a": {"Ref": "B"},
        "c": {"Fn::GetAtt": ["D", "Arn"]},
        "e": {"Fn::If": ["F", {"Fn::Sub": "${G}"}, {"h": {"Ref": "I"}}]},
    }


@pytest.mark.parametrize("name", ["ingest", "validate_ticket", "publish_metrics"])
def test_folder_and_resource_name_each_other(name: str) -> None:
    assert folder(logical_id(name)) == name


def test_an_address_of_another_machine_needs_no_forwarding() -> None:
    with forward("192.0.2.1", 1):
        pass
