"""What the environment variables say, checked once at start; an error names the variable."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deskhand.caller import Role


class SettingInvalid(Exception):
    """An environment variable is missing or out of range; the message names it."""


class Settings(BaseModel):
    """All settings; a field's environment variable is its name in capitals."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=False)

    database_url: str = Field("", description="Postgres connection string")
    database_secret_arn: str = Field(
        "", description="Secrets Manager secret that holds the connection string (AWS)"
    )
    queue_url: str = Field("", description="SQS queue of accepted tickets")
    dead_letter_queue_url: str = Field("", description="SQS queue of messages refused five times")
    state_machine_arn: str = Field("", description="Triage state machine")
    pushgateway_url: str = Field("", description="Prometheus pushgateway; empty: metrics off")
    token_keys: str = Field(
        "", description="Public Ed25519 keys of access tokens, as a JWKS document"
    )
    anonymous_role: Role | Literal[""] = Field(
        "", description="Role of requests without a token; empty: they are refused"
    )
    max_open_runs: int = Field(
        50, ge=1, le=10_000, description="Runs at once; each uses one database connection at a time"
    )
    dispatch_concurrency: int = Field(
        8, ge=1, le=1_000, description="Dispatch functions at once, as the template limits them"
    )
    api_concurrency: int = Field(
        0, ge=0, le=1_000, description="Calls at once of each function behind the API; 0: no limit"
    )
    database_connections: int = Field(
        0, ge=0, le=100_000, description="Connections there are for us; 0: what the server grants"
    )
    idempotency_hours: int = Field(
        72, ge=24, le=720, description="How long an idempotency key is kept, in hours"
    )
    content_dedupe_hours: int = Field(
        24, ge=0, le=720, description="How long a repeat without a key is found, in hours; 0: never"
    )
    llm_providers: str = Field(
        "offline", description="Chain of providers: openai:MODEL,ollama:MODEL,offline"
    )
    llm_timeout_seconds: float = Field(
        20, gt=0, le=50, description="Total time for one model call, in seconds"
    )
    llm_temperature: float = Field(0, ge=0, le=2, description="Sampling temperature")
    openai_api_key: str = Field("", description="Key for the OpenAI-compatible provider")
    openai_base_url: str = Field(
        "https://api.openai.com/v1", description="Any OpenAI-compatible endpoint"
    )
    ollama_base_url: str = Field("http://127.0.0.1:11434", description="Ollama server")

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """The settings in `environment`; raises SettingInvalid naming every wrong variable."""
        given = {name.lower(): value for name, value in environment.items() if value != ""}
        try:
            return cls.model_validate(
                {name: given[name] for name in cls.model_fields & given.keys()}
            )
        except ValidationError as error:
            wrong = "; ".join(f"{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
            raise SettingInvalid(wrong) from None

    def need(self, name: str) -> str:
        """The text of a setting that must not be empty; raises SettingInvalid otherwise."""
        value = str(getattr(self, name))
        if not value:
            raise SettingInvalid(f"{name.upper()} is not set")
        return value


@cache
def settings() -> Settings:
    """The settings of this execution environment."""
    return Settings.read(os.environ)
