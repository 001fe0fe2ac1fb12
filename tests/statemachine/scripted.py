"""One model for all steps over real HTTP, with a script for each prompt."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from deskhand.models.prompt_file import prompt_file
from tests.wire.models.model_server import Act, Handler, ModelServer, says

PROMPTS = ("classify", "extract_entities", "draft_reply", "review_reply")
NOTHING = dict.fromkeys(
    ("order_id", "asset", "host", "product", "version", "error_code", "urgency", "affected_users")
)
# What a good model says about the tickets of these tests.
GOOD: dict[str, dict[str, Any]] = {
    "classify": {
        "category": "Network",
        "request_type": "VPN access",
        "summary": "The VPN disconnects.",
        "confidence": 0.9,
        "evidence": ["drops every few minutes"],
    },
    "extract_entities": {
        **NOTHING,
        "issue_type": {"value": "error", "quote": "drops every few minutes"},
    },
    "draft_reply": {
        "statements": [
            {"text": "Older clients lose the tunnel.", "citations": ["vpn-disconnects#1"]}
        ],
        "steps": [
            {"text": "Quit the client.", "citations": ["vpn-disconnects#2"]},
            {"text": "Reset the connection profile.", "citations": ["vpn-disconnects#2"]},
            {"text": "Sign in again.", "citations": ["vpn-disconnects#2"]},
        ],
        "question": "",
    },
    "review_reply": {"objections": []},
}


class Scripted:
    """The acts of each prompt, the last one repeated, and how often each was asked."""

    def __init__(self, scripts: dict[str, list[Act]]) -> None:
        self.scripts = scripts
        self.asked: Counter[str] = Counter()
        self.users: dict[str, list[str]] = {name: [] for name in PROMPTS}

    def __call__(self, handler: Handler) -> None:
        """Plays what the script of the asked prompt says next."""
        messages = handler.server.requests[-1][2]["messages"]
        [name] = [n for n in PROMPTS if prompt_file(n).system == messages[0]["content"]]
        self.asked[name] += 1
        self.users[name].append(messages[1]["content"])
        script = self.scripts[name]
        (script.pop(0) if len(script) > 1 else script[0])(handler)


def good(name: str, **changes: Any) -> Act:
    """The good answer to a prompt, with some members changed."""
    return says(json.dumps(GOOD[name] | changes))


@contextmanager
def scripted(**scripts: list[Act]) -> Iterator[tuple[str, Scripted]]:
    """A running model's URL and what it was asked; prompts without a script get the good answer."""
    played = Scripted({name: [good(name)] for name in PROMPTS} | scripts)
    with ModelServer(played) as server:
        yield f"{server.url}/v1", played
