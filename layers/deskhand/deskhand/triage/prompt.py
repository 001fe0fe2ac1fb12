"""The classify prompt: the catalog, similar known tickets, and the ticket."""

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
from deskhand.ticket import TicketText, cut
from deskhand.triage.likely import Opinion

if TYPE_CHECKING:
    # Imported for types only: numpy is needed only where a memory is used.
    from deskhand.learning.memory import Memory

_EXAMPLES_SHOWN = 2
_KNOWN_SHOWN = 5
_KNOWN_CHARACTERS = 300
_LIKE_IT = 0.4


@dataclass(frozen=True, slots=True)
class ClassifyMaterial:
    """The facts behind a classify prompt, for a provider that reads data instead of prose.

    `opinion`: what the offline provider says of them, if it was asked before.
    """

    ticket: TicketText
    catalog: Catalog
    phrases: CatalogPhrases
    memory: "Memory | None" = None
    opinion: Opinion | None = None


def classify_prompt(
    catalog: Catalog,
    phrases: CatalogPhrases,
    ticket: TicketText,
    memory: "Memory | None" = None,
    opinion: Opinion | None = None,
) -> Prompt:
    """The question, with the ticket between markers that its author cannot guess."""
    file = prompt_file("classify")
    text = cut(ticket.text)
    # A random marker cannot be guessed, so no text can close it. A hash of the text would do too,
    # but would reveal to a provider what masking hides.
    marker = f"=== ticket {secrets.token_hex(8)} ==="
    return Prompt(
        name=file.name,
        version=file.version,
        system=file.system,
        user=file.fill(
            catalog="\n".join(catalog_lines(catalog)),
            known="\n".join(_known(memory, catalog)),
            marker=marker,
            ticket=text,
        ),
        material=ClassifyMaterial(ticket, catalog, phrases, memory, opinion),
        marker=marker,
    )


def catalog_lines(catalog: Catalog) -> Iterator[str]:
    """The catalog, one line for each request type."""
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
    """A heading and one line for each of the nearest known tickets; nothing without any."""
    fit = (
        one
        for one in (memory.nearest if memory else ())
        if one.similarity >= _LIKE_IT
        and catalog.find(*one.pair)
        # A known ticket that tried to instruct a model is left out.
        and not examine(TicketText("", one.text)).signs
    )
    if near := list(islice(fit, _KNOWN_SHOWN)):
        yield "Tickets like it, as colleagues sorted them:\n"
        for one in near:
            # As a JSON string, so that no text can begin a line.
            quoted = json.dumps(one.text[:_KNOWN_CHARACTERS], ensure_ascii=False)
            yield f"- {' / '.join(one.pair)}: {quoted}"
        yield ""
