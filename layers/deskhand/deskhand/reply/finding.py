"""A finding of a review."""

from pydantic import BaseModel, ConfigDict


class Finding(BaseModel):
    """A rule that a claim breaks, and why; without a claim, the draft as a whole breaks it."""

    model_config = ConfigDict(frozen=True)

    rule: str
    reason: str
    claim: str
