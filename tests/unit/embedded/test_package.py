"""What SAM built, as zip files that are the same for the same content."""

import json
import zipfile
from pathlib import Path

import pytest

from embedded.package import package

TEMPLATE = """
Resources:
  Layer:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: Layer}
  One:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: One
      Layers: [!Ref Layer]
      Policies: [{Version: 2012-10-17}]
  Topic: {Type: AWS::SNS::Topic}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties: {DefinitionUri: ../../statemachine/triage.asl.json}
"""


@pytest.fixture
def built(tmp_path: Path) -> Path:
    for name in ("Layer/python/x/__init__.py", "One/handler.py"):
        (tmp_path / "build" / name).parent.mkdir(parents=True)
        (tmp_path / "build" / name).write_text("x = 1\n")
    (tmp_path / "build/template.yaml").write_text(TEMPLATE)
    return tmp_path / "build/template.yaml"


def test_directories_become_zips_and_the_rest_stays(built: Path) -> None:
    packaged = built.parents[1] / "packaged/template.json"
    package(built, packaged)
    resources = json.loads(packaged.read_text())["Resources"]
    assert resources["Layer"]["Properties"] == {"ContentUri": "Layer.zip"}
    assert resources["One"]["Properties"] == {
        "CodeUri": "One.zip",
        "Layers": [{"Ref": "Layer"}],
        "Policies": [{"Version": "2012-10-17"}],
    }
    assert resources["Topic"] == {"Type": "AWS::SNS::Topic"}
    assert resources["Machine"]["Properties"]["DefinitionUri"].startswith("../../statemachine/")
    with zipfile.ZipFile(packaged.with_name("Layer.zip")) as archive:
        assert archive.namelist() == ["python/x/__init__.py"]
        assert archive.read("python/x/__init__.py") == b"x = 1\n"
        assert archive.infolist()[0].external_attr >> 16 == 0o100755


def test_the_same_content_is_the_same_zip(built: Path) -> None:
    packaged = built.parents[1] / "packaged/template.json"
    package(built, packaged)
    before = packaged.with_name("Layer.zip").read_bytes()
    (built.parent / "Layer/python/x/__init__.py").touch()
    package(built, packaged)
    assert packaged.with_name("Layer.zip").read_bytes() == before
