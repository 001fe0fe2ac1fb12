"""What speaks against a draft."""

from pydantic import BaseModel, ConfigDict


class Finding(BaseModel):
    """A rule that a claim breaks, and how; no claim: the draft as a whole."""

    model_config = ConfigDict(frozen=True)

    rule: str
    reason: str
    claim: str
