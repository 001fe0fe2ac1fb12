"""A server in place of a model: it answers from the labels, and errs as often as it is told to."""

import hashlib
import json
from collections.abc import Iterable

from tests.eval.desk import Known
from tests.wire.models.model_server import Handler, ModelServer, says

NAME = "openai:stand-in"
# Models state much the same confidence whether they are right or not.
_STATED = {True: (0.97, 0.95, 0.92, 0.9), False: (0.95, 0.9, 0.85, 0.7)}


class StandIn:
    """What it is to answer next; `errors` is the share of wrong answers, the same for each run."""

    def __init__(self, labels: Iterable[str], errors: float) -> None:
        self._labels, self._errors = sorted(labels), errors
        self.next: Known | None = None
        self.server = ModelServer(self._answer)

    def _answer(self, handler: Handler) -> None:
        if self.next is None:
            raise RuntimeError("nobody said which ticket is asked about")
        # Not the hash by which tickets are held out.
        place = int.from_bytes(hashlib.sha256(f"error {self.next.id}".encode()).digest()[:8])
        right = place / 2**64 >= self._errors
        number = self._labels.index(self.next.label)
        said = number if right else (number + 1 + place % (len(self._labels) - 1))
        label = self._labels[said % len(self._labels)]
        confidence = _STATED[right][place % 4]
        answer = {
            "category": label, "request_type": label, "summary": "A stand-in answers.",
            "confidence": confidence, "evidence": [],
        }  # fmt: skip
        says(json.dumps(answer))(handler)
