"""The containers of localstack/compose.yaml are those that the product expects."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import yaml

from embedded.grafana import DASHBOARDS
from embedded.prometheus import RULES, Prometheus
from shipping.stage import Stage

FILE = Path("localstack/compose.yaml")
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
# The part of Docker Compose's form that the file may use.
TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
FORM = {
    "type": "object",
    "required": ["name", "services"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "volumes": {
            "type": "object",
            "additionalProperties": {"type": "object", "maxProperties": 0},
        },
        "configs": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["content"],
                "additionalProperties": False,
                "properties": {"content": {"type": "string"}},
            },
        },
        "services": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["ports"],
                "oneOf": [{"required": ["image"]}, {"required": ["build"]}],
                "additionalProperties": False,
                "properties": {
                    "build": {
                        "type": "object",
                        "required": ["context", "dockerfile_inline"],
                        "additionalProperties": False,
                        "properties": {
                            "context": {"const": "."},
                            "dockerfile_inline": {
                                "type": "string",
                                "pattern": r"^FROM python:3\.13\.\d+-slim-\w+\n",
                            },
                        },
                    },
                    # Pinned to one release, never to what is newest.
                    "image": {
                        "type": "string",
                        "pattern": r"^[a-z0-9/-]+:v?\d+\.\d+\.\d+(-pg\d+)?$",
                    },
                    "ports": {
                        "type": "array",
                        "items": {"type": "string", "pattern": r"^127\.0\.0\.1:\d+:\d+$"},
                    },
                    "environment": {"type": "object", "additionalProperties": {"type": "string"}},
                    "volumes": TEXTS,
                    "depends_on": TEXTS,
                    "configs": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["source", "target"],
                            "additionalProperties": False,
                            "properties": {
                                "source": {"type": "string"},
                                "target": {"type": "string", "pattern": "^/"},
                            },
                        },
                    },
                    "healthcheck": {
                        "type": "object",
                        "required": ["test"],
                        "additionalProperties": False,
                        "properties": {
                            "test": TEXTS,
                            "interval": {"type": "string", "pattern": r"^\d+s$"},
                            "retries": {"type": "integer"},
                        },
                    },
                },
            },
        },
    },
}


def has_compose() -> bool:
    if not (docker := shutil.which("docker")):
        return False
    asked = [docker, "compose", "version"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def test_docker_compose_can_read_the_file() -> None:
    """F-N6: Docker Compose itself says so where it is installed, else the form of what is used."""
    jsonschema_rs.Draft202012Validator(FORM).validate(COMPOSE)
    if has_compose():
        subprocess.run(["docker", "compose", "-f", str(FILE), "config", "--quiet"], check=True)


def test_whatever_is_named_exists() -> None:
    """F-N6"""
    for service in SERVICES.values():
        for each in service.get("depends_on", []):
            assert each in SERVICES
        for each in service.get("configs", []):
            assert each["source"] in COMPOSE["configs"]
        for each in service.get("volumes", []):
            source = each.partition(":")[0]
            if source.startswith("./"):
                assert (FILE.parent / source).exists(), source
            elif not source.startswith("/"):
                assert source in COMPOSE["volumes"]


def test_localstack_is_built_from_the_locks_and_our_executor() -> None:
    """F-N6"""
    dockerfile = SERVICES["localstack"]["build"]["dockerfile_inline"]
    copied = re.findall(r"^COPY (.+) /", dockerfile, re.MULTILINE)
    assert copied and all((FILE.parent / each).exists() for line in copied for each in line.split())
    installs = [line for line in dockerfile.splitlines() if "pip install" in line]
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
    variables = SERVICES["localstack"]["environment"]
    interpreter = variables["PROCESS_LAMBDA_PYTHON"].removesuffix("/bin/python")
    assert f"venv {interpreter} " in dockerfile


def test_the_stage_of_docker_names_these_containers_and_their_ports() -> None:
    """F-N6"""
    given = Stage.read("docker").application
    database = urlsplit(given["DatabaseUrl"])
    of = SERVICES["postgres"]["environment"]
    assert (database.username, database.password) == (of["POSTGRES_USER"], of["POSTGRES_PASSWORD"])
    assert database.path == f"/{of['POSTGRES_DB']}"
    mail = (given["SmtpHost"], int(given["SmtpPort"]))
    urls = [database, urlsplit(given["PushgatewayUrl"]), urlsplit(given["OllamaBaseUrl"])]
    for host, port in (mail, *((url.hostname, url.port) for url in urls)):
        assert any(each.endswith(f":{port}") for each in SERVICES[str(host)]["ports"])


def test_prometheus_and_grafana_read_what_the_local_ones_read(tmp_path: Path) -> None:
    """F-N6"""
    inside = yaml.safe_load(COMPOSE["configs"]["prometheus"]["content"])
    local = Prometheus(tmp_path, 9090, "deskhand", "http://pushgateway:9091")._configuration()
    assert inside["scrape_configs"] == local["scrape_configs"]
    assert inside["global"] == local["global"]
    mounted = [each for name in ("prometheus", "grafana") for each in SERVICES[name]["volumes"]]
    for path in (RULES, DASHBOARDS):
        assert any((FILE.parent / each.partition(":")[0]).resolve() == path for each in mounted)
