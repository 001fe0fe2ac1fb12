"""Prompt files: a `# System` and a `# User` part; the content's hash is the prompt's version."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_PLACE = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class PromptFile:
    """A prompt template, before its placeholders are filled."""

    name: str
    version: str
    system: str
    user: str

    def fill(self, **values: str) -> str:
        """The user part with each `{{name}}` replaced; placeholders inside values are not
        replaced."""
        return _PLACE.sub(lambda place: values[place.group(1)], self.user)


@cache
def prompt_file(name: str) -> PromptFile:
    """The prompt file of that name."""
    content = files("deskhand.models.prompts").joinpath(f"{name}.md").read_bytes()
    _, system, user = re.split(r"^# (?:System|User)\n", content.decode(), flags=re.MULTILINE)
    version = hashlib.sha256(content).hexdigest()[:12]
    return PromptFile(name, version, system.strip(), user.strip())
