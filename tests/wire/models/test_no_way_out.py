"""No test can reach a real provider by accident, nor ask a name server for one."""

import http.client
import os
import socket
import subprocess
import sys
import urllib.request

import boto3
import httpx
import httpx2
import pytest
from botocore.exceptions import BotoCoreError

from deskhand.errors import ModelUnavailable
from deskhand.models.adapters.bedrock import Bedrock
from deskhand.models.adapters.ollama import Ollama
from deskhand.models.adapters.openai import OpenAI
from deskhand.models.base import Prompt
from tests.wire.models.adapters import Adapter, Colour


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that were looked up, each of them refused."""
    seen: list[str] = []
    guarded = socket.getaddrinfo

    def watched(host: str, *rest: object, **named: object) -> object:
        seen.append(host)
        return guarded(host, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", watched)
    return seen


def test_the_adapters_are_stopped_at_the_name(prompt: Prompt, lookups: list[str]) -> None:
    """F-E1"""
    adapters: list[Adapter] = [
        OpenAI("m", base_url="https://api.openai.com/v1", api_key="k", timeout=60),
        Ollama("m", base_url="http://ollama.example:11434", timeout=60),
        Bedrock("m", region="us-east-1", timeout=60),
    ]
    for adapter in adapters:
        with pytest.raises((RuntimeError, ModelUnavailable)):
            adapter.complete(prompt, Colour)
        adapter.close()
    assert lookups == [
        "api.openai.com", "ollama.example", "bedrock-runtime.us-east-1.amazonaws.com"
    ]  # fmt: skip


@pytest.mark.parametrize("client", ["urllib", "http.client", "httpx", "httpx2", "boto3"])
def test_other_clients_are_stopped_too(client: str) -> None:
    url = "https://api.openai.com/v1/models"
    with pytest.raises((RuntimeError, BotoCoreError), match="a test tried to look up"):
        match client:
            case "urllib":
                urllib.request.urlopen(url, timeout=60)
            case "http.client":
                http.client.HTTPSConnection("api.openai.com", timeout=60).request("GET", "/")
            case "httpx":
                httpx.get(url, timeout=60)
            case "httpx2":
                httpx2.get(url, timeout=60)
            case "boto3":
                boto3.client("bedrock", region_name="us-east-1").list_foundation_models()


@pytest.mark.parametrize("way", ["connect", "connect_ex", "sendto"])
def test_addresses_are_stopped_too(way: str) -> None:
    address = ("192.0.2.1", 53)
    kind = socket.SOCK_DGRAM if way == "sendto" else socket.SOCK_STREAM
    with socket.socket(type=kind) as client, pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        arguments = (b"x", address) if way == "sendto" else (address,)
        getattr(client, way)(*arguments)


def test_a_developers_own_chain_and_keys_are_forgotten() -> None:
    """Also by what a test deploys: its functions are processes of their own, with a way out."""
    given = {"LLM_PROVIDERS": "openai:m", "OPENAI_API_KEY": "k", "OLLAMA_BASE_URL": "http://x"}
    code = "import os, tests.conftest; print(*sorted(os.environ))"
    path = os.pathsep.join(["layers/deskhand", "localstack", *sys.path])
    run = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**given, "PYTHONPATH": path},
    )
    assert given.keys().isdisjoint(run.stdout.split())
    assert "ANONYMOUS_ROLE" in run.stdout
