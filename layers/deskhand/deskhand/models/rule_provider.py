"""The `offline` provider: an answer by rules, without a network and at no cost."""

import json
import time
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from deskhand.models.base import Completion, Prompt


class RuleProvider:
    """Answers by a function of the prompt's material; the prompt's text is not read."""

    name = "offline"
    model = "rules"

    def __init__(self, answer: Callable[[Any], dict[str, Any]]) -> None:
        self._answer = answer

    def model_of(self, material: object) -> str:
        """The model behind the rules for that material."""
        return self.model

    def complete[T: BaseModel](self, prompt: Prompt, schema: type[T]) -> Completion[T]:
        """A value of `schema`; deterministic."""
        started = time.perf_counter()
        answer = self._answer(prompt.material)
        return Completion(
            value=schema.model_validate(answer),
            provider=self.name,
            model=self.model_of(prompt.material),
            prompt_version=prompt.version,
            input_tokens=0,
            output_tokens=0,
            latency_ms=round((time.perf_counter() - started) * 1000),
            raw=json.dumps(answer, ensure_ascii=False),
        )
