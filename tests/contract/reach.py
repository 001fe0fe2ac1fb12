"""The tables of docs/AWS.md: what each function must reach, sizes and costs. `make reference`."""

from pathlib import Path
from typing import Any

from shipping import costs, sizing
from tests.contract.template import actions, of_type, snake, variables

DOCUMENT = Path("docs/AWS.md")
# The endpoint of aws/network.yaml for each service in the functions' roles. Decryption is asked for
# by Secrets Manager itself.
ENDPOINTS = {
    "secretsmanager": "SecretsManagerEndpoint",
    "sqs": "SqsEndpoint",
    "states": "StatesEndpoint",
    "sns": "SnsEndpoint",
    "s3": "S3Endpoint",
    "bedrock": "BedrockRuntimeEndpoint",
}
ASKED_BY_OTHERS = {"kms"}
# What is asked where a setting names it, elsewhere than at AWS.
OUTSIDE = {
    "OPENAI_BASE_URL": "OpenAI",
    "OLLAMA_BASE_URL": "Ollama",
    "SMTP_HOST": "mail server",
    "WEBHOOK_SECRET": "webhooks",
    "HELPDESK_URL": "helpdesk",
    "CATALOG_SOURCE": "catalog",
    "PUSHGATEWAY_URL": "pushgateway",
}
# Services that a function reads the setting of, but only shows or measures.
NOT_ASKED = {("MetricsFunction", "CATALOG_SOURCE"), ("PublishMetricsFunction", "CATALOG_SOURCE")}


def services(function: dict[str, Any]) -> set[str]:
    """The services of AWS that a function calls."""
    return {action.partition(":")[0] for action in actions(function)} - ASKED_BY_OTHERS


def outside(name: str, function: dict[str, Any]) -> list[str]:
    """What a function asks elsewhere, if a setting names it."""
    given = variables(function)
    return [
        what
        for variable, what in OUTSIDE.items()
        if variable in given and (name, variable) not in NOT_ASKED
    ]


def has_database(function: dict[str, Any]) -> bool:
    return {
        "If": ["HasDatabaseSecret", {"Ref": "ReadDatabaseSecret"}, {"Ref": "AWS::NoValue"}]
    } in (function.get("Policies", []))


def table() -> str:
    """A row for each set of functions that must reach the same."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for name, function in of_type("AWS::Serverless::Function"):
        what = (
            "yes" if has_database(function) else "",
            ", ".join(sorted(services(function))),
            ", ".join(outside(name, function)),
        )
        rows.setdefault(what, []).append(f"`{snake(name.removesuffix('Function'))}`")
    lines = ["| functions | database | services of AWS | elsewhere, if set |", "|---|---|---|---|"]
    lines += [f"| {', '.join(names)} | {' | '.join(what)} |" for what, names in rows.items()]
    return "\n".join(lines)


def with_tables(text: str) -> str:
    for name, made in (("reach", table()), ("sizes", sizing.table()), ("costs", costs.table())):
        before, start, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        text = f"{before}{start}{made}\n{end}{after}"
    return text


if __name__ == "__main__":
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text()))
