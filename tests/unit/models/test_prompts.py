"""Prompt files: filled in once, and known by their content."""

import hashlib
import re
from importlib.resources import files

import pytest

from deskhand.models.prompt_file import PromptFile, prompt_file

FILES = files("deskhand.models.prompts")
NAMES = sorted(f.name.removesuffix(".md") for f in FILES.iterdir() if f.name.endswith(".md"))


def test_what_a_value_holds_is_not_filled_in() -> None:
    """F-E10"""
    prompt = PromptFile("p", "v", "", "{{a}} and {{b}}")
    assert prompt.fill(a="{{b}}", b="{{a}}") == "{{b}} and {{a}}"


def test_a_place_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="b"):
        PromptFile("p", "v", "", "{{a}} and {{b}}").fill(a="x")


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_says_that_tickets_are_data_and_marks_them(name: str) -> None:
    """F-E8 F-E10"""
    prompt = prompt_file(name)
    content = FILES.joinpath(f"{name}.md").read_bytes()
    assert prompt.version == hashlib.sha256(content).hexdigest()[:12]
    assert re.search(r"\b(is|are) data\b", prompt.system)
    markers = prompt.user.count("{{marker}}")
    assert markers >= 2
    assert markers % 2 == 0
    assert "{{" not in prompt.system
