"""The policy file, policy.toml: what a reply must not do."""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class PolicyRule:
    """Something that a reply must not do, and the patterns that detect it."""

    id: str
    says: str
    patterns: tuple[re.Pattern[str], ...]


@dataclass(frozen=True)
class Policy:
    """The rules, and the hosts that a reply may link to; `version` is the content's hash."""

    version: str
    rules: tuple[PolicyRule, ...]
    hosts: frozenset[str]
    on_links: str

    @property
    def prompt_text(self) -> str:
        """The policy as text for a model's prompt."""
        lines = [*(rule.says for rule in self.rules), self.on_links]
        return "\n".join(f"- {line}" for line in lines)


@cache
def policy() -> Policy:
    """The policy of this deployment."""
    return load(Path(__file__).with_name("policy.json").read_bytes())


def load(content: bytes) -> Policy:
    """The policy in a JSON file; raises ValueError, KeyError or re.error when it is invalid."""
    given: dict[str, Any] = json.loads(content)
    return Policy(
        version=hashlib.sha256(content).hexdigest()[:12],
        rules=tuple(_rule(each) for each in given["rule"]),
        hosts=frozenset(host.casefold() for host in given["links"]["hosts"]),
        on_links=given["links"]["says"],
    )


def _rule(given: dict[str, Any]) -> PolicyRule:
    patterns = (re.compile(pattern, re.IGNORECASE) for pattern in given["patterns"])
    return PolicyRule(given["id"], given["says"], tuple(patterns))
