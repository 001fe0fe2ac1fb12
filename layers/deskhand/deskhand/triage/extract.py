"""Extracts entities: one question to a provider, whose values the ticket's text must show."""

import secrets
from collections.abc import Iterable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from deskhand.models.base import Prompt, Provider
from deskhand.models.origin import Origin
from deskhand.models.prompt_file import prompt_file
from deskhand.models.rule_provider import RuleProvider
from deskhand.ticket import TicketText, cut
from deskhand.triage.entities import (
    Custom,
    Entities,
    ExtractMaterial,
    answer_schema,
    field_of,
    verify_entities,
)
from deskhand.triage.entity_rules import extract_by_rules

RULES = RuleProvider(extract_by_rules)


class Extraction(BaseModel):
    """The entities of a ticket, and the provider that found them."""

    model_config = ConfigDict(frozen=True)

    entities: Entities
    origin: Origin


def extract(
    provider: Provider, ticket: TicketText, read: TicketText, custom: Sequence[Custom] = ()
) -> Extraction:
    """The provider's answer about the part to `read`, reduced to values that `ticket` shows."""
    every = tuple(custom)
    # An entity that repeats a built-in one is asked for only once.
    wanted = tuple(each for each in every if not field_of(each))
    completion = provider.complete(extract_prompt(read, every), answer_schema(wanted))
    return Extraction(
        entities=verify_entities(completion.value, every, ticket), origin=Origin.of(completion)
    )


def extract_prompt(ticket: TicketText, custom: tuple[Custom, ...]) -> Prompt:
    """The question, with the ticket between markers that its author cannot guess."""
    file = prompt_file("extract_entities")
    marker = f"=== ticket {secrets.token_hex(8)} ==="
    own = "\n".join(_listed(each for each in custom if not field_of(each))) or "(none)"
    return Prompt(
        name=file.name,
        version=file.version,
        system=file.system,
        user=file.fill(custom=own, marker=marker, ticket=cut(ticket.text)),
        material=ExtractMaterial(ticket, custom),
        marker=marker,
    )


def _listed(custom: Iterable[Custom]) -> Iterator[str]:
    for each in custom:
        yield " ".join(f"- {each.name}: {each.description}".rstrip(": ").split())
