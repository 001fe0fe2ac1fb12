"""The question that a classify prompt asks: catalog, known tickets like it, and the ticket."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from deskhand.catalog.model import Catalog, CatalogPhrases
from deskhand.models.base import Prompt
from deskhand.models.prompt_file import prompt_file
from deskhand.safety.injection.detection import examine
from deskhand.ticket import TicketText

if TYPE_CHECKING:
    # Only who learns needs numpy.
    from deskhand.learning.memory import Memory

_EXAMPLES_SHOWN = 2
_KNOWN_SHOWN = 5
_KNOWN_CHARACTERS = 300
_LIKE_IT = 0.4


@dataclass(frozen=True, slots=True)
class ClassifyMaterial:
    """What a classify prompt was made from, for the provider that reads facts, not prose."""

    ticket: TicketText
    catalog: Catalog
    phrases: CatalogPhrases
    memory: "Memory | None" = None


def classify_prompt(
    catalog: Catalog,
    phrases: CatalogPhrases,
    ticket: TicketText,
    memory: "Memory | None" = None,
) -> Prompt:
    """The question, with the ticket between markers that its writer could not know."""
    file = prompt_file("classify")
    text = ticket.text
    # Nobody can foresee it, so no text can close it. A hash of the text would do as well, but would
    # give away to a provider what masking hides.
    marker = f"=== ticket {secrets.token_hex(8)} ==="
    return Prompt(
        name=file.name,
        version=file.version,
        system=file.system,
        user=file.fill(
            catalog="\n".join(_listed(catalog)),
            known="\n".join(_known(memory, catalog)),
            marker=marker,
            ticket=text,
        ),
        material=ClassifyMaterial(ticket, catalog, phrases, memory),
        marker=marker,
    )


def _listed(catalog: Catalog) -> Iterator[str]:
    """The catalog, a line for each request type."""
    for category, request in catalog.entries:
        line = f"- {category.name} / {request.name}"
        if request.description:
            line += f": {request.description}"
        if request.keywords:
            line += f" Keywords: {', '.join(request.keywords)}."
        for example in request.examples[:_EXAMPLES_SHOWN]:
            line += f' Example: "{example}"'
        yield " ".join(line.split())


def _known(memory: "Memory | None", catalog: Catalog) -> Iterator[str]:
    """The nearest known tickets, a line for each, after a heading; nothing where none is near."""
    fit = (
        one
        for one in (memory.nearest if memory else ())
        if one.similarity >= _LIKE_IT
        and catalog.find(*one.pair)
        # What once tried to instruct a model gets no second chance.
        and not examine(TicketText("", one.text)).signs
    )
    if near := list(islice(fit, _KNOWN_SHOWN)):
        yield "Tickets like it, as colleagues sorted them:\n"
        for one in near:
            # As a JSON string, so that no text can begin a line.
            quoted = json.dumps(one.text[:_KNOWN_CHARACTERS], ensure_ascii=False)
            yield f"- {' / '.join(one.pair)}: {quoted}"
        yield ""
