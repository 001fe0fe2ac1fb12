"""The environment variables, validated once at start; an error names the variable."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Literal, Self
from zoneinfo import available_timezones

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.fields import FieldInfo

from deskhand.settings import embedder as embedders
from deskhand.settings import mail_addresses, prices, provider_chain

Role = Literal["admin", "agent", "customer", "service"]


class SettingInvalid(Exception):
    """An environment variable is missing or out of range; the message names it."""


class Settings(BaseModel):
    """All settings; a field's environment variable is its name in capitals."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=False)

    database_url: str = Field("", description="Postgres connection string")
    database_secret_arn: str = Field(
        "",
        description="Secrets Manager secret of the database (AWS): its `url`, or RDS's own form",
    )
    writer_url: str = Field("", description="Connection string of the writer, for migrations")
    writer_secret_arn: str = Field(
        "", description="Secrets Manager secret of the writer, for migrations (AWS)"
    )
    reader_url: str = Field("", description="Connection string of the reader, for migrations")
    reader_secret_arn: str = Field(
        "", description="Secrets Manager secret of the reader, for migrations (AWS)"
    )
    database_host: str = Field(
        "",
        pattern=r"^([A-Za-z0-9.-]+(:\d{1,5})?)?$",
        description="Server of the database, if its secret names none or a proxy is used (AWS)",
    )
    database_name: str = Field(
        "deskhand", description="Name of the database, if its secret names none (AWS)"
    )
    database_certificates_arn: str = Field(
        "", description="Secrets Manager secret of the certificates that vouch for the database"
    )
    secrets_arn: str = Field(
        "", description="Secrets Manager secret of keys and passwords, read instead of variables"
    )
    queue_url: str = Field("", description="SQS queue of accepted tickets")
    dead_letter_queue_url: str = Field(
        "", description="SQS queue of messages that were refused five times or are not valid"
    )
    state_machine_arn: str = Field("", description="Triage state machine")
    attribution_state_machine_arn: str = Field("", description="Attribution state machine")
    workflow_type: Literal["STANDARD", "EXPRESS"] = Field(
        "STANDARD", description="Type of the triage state machine: STANDARD or EXPRESS"
    )
    catalog_source: str = Field(
        "", description="Where the catalog is: https://, s3://BUCKET/KEY or a path; empty: loaded"
    )
    catalog_max_age_hours: int = Field(
        24,
        ge=1,
        le=8760,
        description="Greatest age of the last good copy of the catalog, in hours",
    )
    private_urls: bool = Field(
        False,
        description="Allow http and private addresses (catalog, helpdesk, webhooks): true or false",
    )
    helpdesk_url: str = Field(
        "",
        pattern=r"^(https?://[!-~]+)?$",
        description="Where attribution reads the helpdesk's requests; empty: nowhere",
    )
    helpdesk_key: str = Field("", description="Key that the helpdesk asks for, `api_key`")
    helpdesk_secret: str = Field("", description="Secret of that key, `api_secret`")
    attribution_batch_size: int = Field(
        30, ge=1, le=100, description="Helpdesk requests in one question to a model"
    )
    attribution_delay_seconds: int = Field(
        0, ge=0, le=300, description="Pause of attribution after each batch, in seconds"
    )
    topic_arn: str = Field("", description="SNS topic of escalations")
    smtp_host: str = Field(
        "", description="Mail server for notices and reports; empty: no mail is sent"
    )
    smtp_port: int = Field(587, ge=1, le=65_535, description="Port of the mail server")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection is secured: starttls, tls or none"
    )
    smtp_user: str = Field("", description="Login at the mail server; empty: no login")
    smtp_password: str = Field("", description="Password of the login")
    mail_from: str = Field("", description="Sender's address of notices and reports")
    mail_max_mb: float = Field(
        10,
        ge=1,
        le=40,
        description="Largest mail as it is sent, encoded, in megabytes; a larger report is linked",
    )
    report_recipients: str = Field(
        "", description="Addresses that reports are mailed to, between commas; empty: none"
    )
    report_code_url: str = Field(
        "",
        pattern=r"^(https?://[^\s\"<>]+)?$",
        description="Link to the code that makes the reports, for their mails; empty: none",
    )
    report_days: int = Field(
        365,
        ge=1,
        le=3650,
        description="How long files of reports and the requests in them are kept, in days",
    )
    reports_bucket: str = Field("", description="S3 bucket of the reports")
    api_url: str = Field(
        "",
        pattern=r"^(https?://[^\s\"<>]+)?$",
        description="Address of the API with its stage, for links in mails; empty: its own",
    )
    webhook_secret: str = Field(
        "", description="Signs webhooks (Standard Webhooks): whsec_ and base64; empty: none is sent"
    )
    pushgateway_url: str = Field("", description="Prometheus pushgateway; empty: metrics off")
    desk_time_zone: str = Field(
        "UTC", description="IANA time zone by whose clock the days of /analytics begin"
    )
    metrics_namespace: str = Field(
        "",
        pattern=r"^([A-Za-z0-9./#:_-]{1,255})?$",
        description="Namespace of the metrics in CloudWatch; empty: none are sent there",
    )
    token_keys: str = Field(
        "", description="Public Ed25519 keys of access tokens, as a JWKS document"
    )
    anonymous_role: Role | Literal[""] = Field(
        "", description="Role of requests without a token; empty: they are refused"
    )
    signing_keys_secret_arn: str = Field(
        "", description="Secrets Manager secret that holds the keys that sign access tokens"
    )
    registration: Literal["open", "invite", "closed"] = Field(
        "invite", description="Who may open an account: open, invite or closed"
    )
    session_days: int = Field(
        30, ge=1, le=365, description="How long a login lasts that is used, in days"
    )
    requests_per_minute: int = Field(
        600, ge=0, le=1_000_000, description="Requests of each caller in a minute; 0: no limit"
    )
    max_body_kib: int = Field(128, ge=16, le=1_024, description="Largest body of a request, in KiB")
    cors_origin: str = Field(
        "",
        pattern=r"^(https?://[^\s/*,]+)?$",
        description="The one web origin whose scripts may read answers; empty: none",
    )
    max_open_runs: int = Field(
        25, ge=1, le=10_000, description="Runs at once; each uses up to three database connections"
    )
    dispatch_concurrency: int = Field(
        8, ge=2, le=1_000, description="Dispatch functions at once, as the template limits them"
    )
    api_concurrency: int = Field(
        0, ge=0, le=1_000, description="Calls at once of each function behind the API; 0: no limit"
    )
    database_connections: int = Field(
        0,
        ge=0,
        le=100_000,
        description="Connections available to Deskhand; 0: what the server grants",
    )
    retention_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Days after which solved and closed tickets are deleted; 0: they are kept",
    )
    idempotency_hours: int = Field(
        72, ge=24, le=720, description="How long an idempotency key is kept, in hours"
    )
    content_dedupe_hours: int = Field(
        24,
        ge=0,
        le=720,
        description="Hours in which a repeat without a key is recognised; 0: never",
    )
    duplicate_link: float = Field(
        0.9,
        ge=0.01,
        le=1,
        description="Least cosine that links a ticket to an open older one; tuned for `embedded`",
    )
    duplicate_suggest: float = Field(
        0.8,
        ge=0.01,
        le=1,
        description="Least cosine that suggests a ticket as a duplicate; tuned for `embedded`",
    )
    duplicate_window_days: int = Field(
        30, ge=0, le=3650, description="How old an original may be, in days; 0: nothing is linked"
    )
    duplicate_close: bool = Field(
        False, description="Whether triage closes duplicates: true or false"
    )
    embedder: str = Field(
        "embedded",
        description="Model that compares tickets and articles: embedded (English), multilingual (16"
        " languages, also for classification), openai:MODEL@DIMENSIONS,"
        " ollama:MODEL@DIMENSIONS, bedrock:MODEL@DIMENSIONS; each needs thresholds of its own",
    )
    llm_providers: str = Field(
        "offline",
        description="Chain of providers: openai:MODEL,ollama:MODEL,bedrock:MODEL,offline",
    )
    llm_timeout_seconds: float = Field(
        20, gt=0, le=50, description="Total time for one model call, in seconds"
    )
    llm_temperature: float = Field(0, ge=0, le=2, description="Sampling temperature")
    llm_top_p: float | None = Field(
        None, gt=0, le=1, description="Sample from this share of the likeliest tokens; empty: unset"
    )
    llm_top_k: int | None = Field(
        None,
        ge=1,
        le=500,
        description="Sample from that many tokens, where supported; empty: unset",
    )
    llm_masking: bool = Field(True, description="Hide personal data from models: true or false")
    llm_requests_per_minute: int = Field(
        0, ge=0, le=100_000, description="Calls of each model in any minute; 0: no limit"
    )
    llm_tokens_per_minute: int = Field(
        0, ge=0, le=1_000_000_000, description="Tokens of each model a minute; 0: no limit"
    )
    llm_daily_budget: float = Field(
        0, ge=0, le=1_000_000, description="US dollars a day (UTC) for all models; 0: no limit"
    )
    llm_prices: str = Field(
        "",
        description="US dollars for a million tokens read and written, before our own list:"
        " MODEL=0.25/2,MODEL=0/0; a model in neither counts as free",
    )
    llm_cache_hours: float = Field(
        24, ge=0, le=720, description="How long a model's answer is reused, in hours; 0: never"
    )
    llm_reply_days: int = Field(
        30, ge=0, le=3650, description="How long models' replies are kept, in days; 0: not at all"
    )
    llm_breaker_calls: int = Field(
        10, ge=1, le=1_000, description="Calls in the window before a model's breaker may open"
    )
    llm_breaker_window_seconds: int = Field(
        60, ge=1, le=3600, description="Window in which more than half of the calls must fail"
    )
    llm_breaker_open_seconds: int = Field(
        30, ge=1, le=3600, description="How long an open breaker waits before it lets one call try"
    )
    routing_precision: float = Field(
        0.95,
        ge=0.5,
        le=1,
        description="Share of tickets routed without review that must be right, as measured; before"
        " people have judged twenty tickets nothing is known, and all are reviewed",
    )
    unmeasured_confidence: float | None = Field(
        None,
        ge=0.3,
        le=1,
        description="Confidence that is enough while nothing is measured: on public sets 43 to 77 %"
        " of what 0.5 lets pass is right; empty: none is",
    )
    triage_confidence: float = Field(
        0.3,
        ge=0,
        le=1,
        description="Confidence below which a ticket has no category and waits in the triage queue",
    )
    model_raises_priority: bool = Field(
        False, description="Whether a model's opinion raises a priority by a level: true or false"
    )
    openai_api_key: str = Field("", description="Key for the OpenAI-compatible provider")
    openai_base_url: str = Field(
        "https://api.openai.com/v1", description="Any OpenAI-compatible endpoint"
    )
    ollama_base_url: str = Field("http://127.0.0.1:11434", description="Ollama server")
    bedrock_region: str = Field("", description="Region of Amazon Bedrock; empty: the function's")
    bedrock_endpoint_url: str = Field("", description="Amazon Bedrock's endpoint; empty: AWS's own")

    @field_validator("llm_providers")
    @classmethod
    def _known(cls, text: str) -> str:
        provider_chain.parse(text)
        return text

    @field_validator("embedder")
    @classmethod
    def _one(cls, text: str) -> str:
        embedders.parse(text)
        return text

    @field_validator("desk_time_zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("is no IANA time zone, like Europe/Berlin")
        return name

    @field_validator("report_recipients")
    @classmethod
    def _addresses(cls, text: str) -> str:
        mail_addresses.parse(text)
        return text

    @field_validator("mail_from")
    @classmethod
    def _address(cls, text: str) -> str:
        mail_addresses.check_sender(text)
        return text

    @field_validator("llm_prices")
    @classmethod
    def _readable(cls, text: str) -> str:
        prices.parse(text)
        return text

    @property
    def recipients(self) -> list[str]:
        """The addresses that reports are mailed to, each once."""
        return mail_addresses.parse(self.report_recipients)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """The settings in `environment`; raises SettingInvalid naming every wrong variable."""
        given = {name.lower(): value for name, value in environment.items() if value != ""}
        try:
            return cls.model_validate(
                {name: given[name] for name in cls.model_fields & given.keys()}
            )
        except ValidationError as error:
            wrong = [(str(e["loc"][0]), e["msg"]) for e in error.errors()]
            raise SettingInvalid("; ".join(cls._said(*one) for one in wrong)) from None

    @classmethod
    def _said(cls, name: str, message: str) -> str:
        allowed = allowed_range(cls.model_fields[name])
        return f"{name.upper()}: {message}" + (f" (allowed: {allowed})" if allowed else "")

    def need(self, name: str) -> str:
        """The text of a setting that must not be empty; raises SettingInvalid otherwise."""
        value = str(getattr(self, name))
        if not value:
            raise SettingInvalid(f"{name.upper()} is not set")
        return value


def allowed_range(field: FieldInfo) -> str:
    """The limits of a setting's value in words, empty where there are none."""
    signs = {Gt: "above {.gt:,}", Ge: "from {.ge:,}", Le: "to {.le:,}"}
    limits = [limit for limit in field.metadata if type(limit) in signs]
    return " ".join(signs[type(limit)].format(limit) for limit in limits)


@cache
def settings() -> Settings:
    """The settings of this execution environment."""
    return Settings.read(os.environ)
