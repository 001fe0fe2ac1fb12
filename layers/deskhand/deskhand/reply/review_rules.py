"""Checks a draft without a model; every finding states its reason."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from deskhand.knowledge.quotes import Passage
from deskhand.models.prompt_file import prompt_file
from deskhand.reply.draft import Draft, Statement
from deskhand.reply.finding import Finding
from deskhand.reply.language import language_of
from deskhand.reply.policy import Policy
from deskhand.safety.injection.detection import SIGNS, signs_in
from deskhand.safety.personal_data.finding import find
from deskhand.safety.sanitise import has_markup, has_words_of, links
from deskhand.safety.secrets.finding import find_secrets
from deskhand.similarity.lexical import terms
from deskhand.ticket import TicketText

# The least share of a claim's words that its passage or the ticket must contain.
SUPPORTED = 0.5
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def findings(
    draft: Draft, ticket: TicketText, passages: Mapping[str, Passage], policy: Policy
) -> list[Finding]:
    """All findings of the rules against the draft."""
    if draft.kind == "none":
        return []
    if draft.kind == "question":
        return list(_of_question(draft, ticket, policy))
    found = [
        finding
        for claim in (*draft.statements, *draft.steps)
        for finding in _of_claim(claim, ticket, passages, policy)
    ]
    told = "\n".join([ticket.text, *(each.text for each in passages.values())])
    if has_words_of(draft.text, prompt_file("draft_reply").system, told):
        found.append(Finding(rule="injection", reason=SIGNS["repeated"], claim=""))
    return found


def _of_question(draft: Draft, ticket: TicketText, policy: Policy) -> Iterator[Finding]:
    if draft.text.count("?") != 1:
        yield Finding(rule="question", reason="asks none or several questions", claim=draft.text)
    yield from _of_words(draft.text, ticket.text, policy)


def _of_claim(
    claim: Statement, ticket: TicketText, passages: Mapping[str, Passage], policy: Policy
) -> Iterator[Finding]:
    cited = [passages[id_] for id_ in claim.citations if id_ in passages]
    source = "\n".join(f"{each.title}\n{each.section}\n{each.text}" for each in cited)
    if len(cited) < max(len(claim.citations), 1):
        yield Finding(rule="citation", reason="cites nothing that was given", claim=claim.text)
    elif reason := _unsupported(claim.text, source, ticket.text):
        yield Finding(rule="support", reason=reason, claim=claim.text)
    yield from _of_words(claim.text, f"{ticket.text}\n{source}", policy, source)


def _unsupported(claim: str, source: str, ticket: str) -> str:
    """Why the source does not support the claim; empty when it does."""
    numbers = set(_NUMBER.findall(claim))
    if foreign := numbers - set(_NUMBER.findall(f"{source} {ticket}")):
        return f"{len(foreign)} of its numbers stand neither in the passage nor in the ticket"
    if language_of(claim) != language_of(source):
        return ""
    words = set(terms(claim))
    shared = len(words & set(terms(f"{source} {ticket}")))
    return "" if shared >= SUPPORTED * len(words) else "says something else than its passage"


def _of_words(text: str, known: str, policy: Policy, source: str = "") -> Iterator[Finding]:
    for rule in policy.rules:
        stated = rule.id == "secret" and find_secrets(text)
        if stated or any(pattern.search(text) for pattern in rule.patterns):
            yield Finding(rule=rule.id, reason=rule.says, claim=text)
    personal = [text[each.start : each.end] for each in find(text)]
    if any(value not in known for value in personal):
        yield Finding(rule="personal", reason="holds somebody's personal data", claim=text)
    # An e-mail address is checked once: its domain is not a separate link.
    rest = re.sub("|".join(map(re.escape, personal)), " ", text) if personal else text
    if any(_foreign(link, source, policy) for link in links(rest)):
        yield Finding(rule="link", reason=policy.on_links, claim=text)
    if has_markup(text, source):
        yield Finding(rule="markup", reason="is marked up, where plain words are sent", claim=text)
    for sign in sorted(signs_in(text)):
        yield Finding(rule="injection", reason=SIGNS[sign], claim=text)


def _foreign(link: str, source: str, policy: Policy) -> bool:
    whole = link if "://" in link else f"https://{link}"
    host = (urlsplit(whole).hostname or "").casefold()
    return link.rstrip(".,;:") not in source and host not in policy.hosts
