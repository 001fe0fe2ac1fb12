"""Extracts entities by rules and patterns when no model is asked: deterministic, and labelled
so."""

import re
import tomllib
from importlib.resources import files
from typing import Any

from deskhand.safety.personal_data.folding import fold
from deskhand.triage.affected_people import affected_people
from deskhand.triage.entities import Custom, ExtractMaterial, field_of

WORDS: dict[str, Any] = tomllib.loads(
    files("deskhand.triage").joinpath("entity_words.toml").read_text(encoding="utf-8")
)
# A code contains a digit; "no.", a colon or the like may separate it from the word that announces
# it.
_CODE = r"((?=[\w./-]{0,30}\d)[A-Z0-9][A-Z0-9./-]{1,28}[A-Z0-9])"
_SET_OFF = r"[\s:#.=-]{1,3}(?:(?:no|nr|num|number|nummer|id|tag|n°|nº)[\s:#.-]{1,3})?"
# Host names say what a machine does; inventory tags are recognised by their capitals.
_NO_TAG = "ORA|TNS|SQL|ERR|CVE|RFC|ISO|UTF|KB"
_ROLE = "srv|server|host|db|web|app|vm|dc|fs|ns|gw|fw|sw|mail|print|file"
_PATTERNS = {
    "order_id": rf"(?i:(?<!\w)(?:purchase order|order|po|bestell(?:ung|nummer|nr)"
    rf"|auftrag(?:s(?:nummer|nr))?|commande|pedido|ordine){_SET_OFF}{_CODE})",
    "asset": rf"(?i:(?<!\w)(?:asset|inventory|inventar(?:nummer|nr)?|serial|seriennummer|s/n|device"
    rf"|gerät|inventaire|inventario){_SET_OFF}{_CODE})"
    rf"|(?<![\w-])(?!(?:{_NO_TAG})-)([A-Z]{{2,4}}-\d{{4,8}})(?![\w-])",
    "host": rf"(?i:(?<![\w@.-])((?:{_ROLE})[a-z0-9]{{0,12}}-[a-z0-9-]{{0,20}}\d[a-z0-9-]{{0,8}})"
    r"(?![\w@])"
    r"|(?<![\w@.-])([a-z0-9-]{1,40}(?:\.[a-z0-9-]{1,40}){0,4}\.(?:local|lan|internal|corp))"
    r"(?!\.?\w))",
    "version": r"(?i:(?<!\w)(?:version|release|build|v\.?)\s?"
    r"(\d{1,5}(?:\.\d{1,6}){1,4}|\d{2,6})(?!\w))",
    "error_code": r"(?i:(?<!\w)"
    r"(0x[0-9A-F]{4,16}|ERR_[A-Z0-9_]{2,40}|(?:ORA-|TNS-|SQL-?|AADSTS)\d{2,8})(?!\w)"
    r"|(?<!\w)(?:error|http|status|fehler|erreur|errore?|código)(?: ?code)?"
    r"[\s:#]{1,2}(\d{3,6})(?!\w))",
}


def _phrases(phrases: list[str]) -> re.Pattern[str]:
    longest = sorted(phrases, key=len, reverse=True)
    either = "|".join(re.escape(phrase).replace(r"\ ", r"\s{1,4}") for phrase in longest)
    # oracle.jdbc is not a product: the name continues after the dot.
    return re.compile(rf"(?<![\w.])(?:{either})(?!\w|\.\w)", re.IGNORECASE)


_CODES = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}
_ISSUES = {kind: _phrases(phrases) for kind, phrases in WORDS["issue_type"].items()}
_URGENCIES = {level: _phrases(phrases) for level, phrases in WORDS["urgency"].items()}
_PRODUCTS = _phrases(WORDS["product"]["known"])


def extract_by_rules(material: object) -> dict[str, Any]:
    """Every entity that the rules find, in the fields that the extract_entities prompt asks for."""
    if not isinstance(material, ExtractMaterial):
        raise TypeError("these rules read tickets")
    said = f"{material.ticket.subject}\n{material.ticket.body}"
    text = fold(said).text
    answer: dict[str, Any] = {name: _coded(code, text) for name, code in _CODES.items()}
    answer |= {
        "product": _said(_PRODUCTS.search(text)),
        "issue_type": _kind(_ISSUES, text),
        "urgency": _urgency(text),
        # It folds the text itself: a raised number counts nobody.
        "affected_users": _affected(said),
    }
    own = {each.name: _patterned(each, text) for each in material.custom}
    # A pattern of the catalog goes before the built-in rule.
    fields = ((field_of(each), own[each.name]) for each in material.custom)
    answer |= {field: found for field, found in fields if field and found}
    customs = [each.name for each in material.custom if not field_of(each)]
    if customs:
        answer["custom"] = [{"name": name, **found} for name in customs if (found := own[name])]
    return answer


def _coded(pattern: re.Pattern[str], text: str) -> dict[str, str] | None:
    found = pattern.search(text)
    if found is None:
        return None
    value = next(group for group in found.groups() if group)
    return {"value": value, "quote": found.group()}


def _said(found: re.Match[str] | None, value: str | None = None) -> dict[str, str] | None:
    return {"value": value or found.group(), "quote": found.group()} if found else None


def _kind(kinds: dict[str, re.Pattern[str]], text: str) -> dict[str, str] | None:
    """The first kind, in the order of `kinds`, whose pattern matches the text."""
    found = ((kind, pattern.search(text)) for kind, pattern in kinds.items())
    return next((_said(match, kind) for kind, match in found if match), None)


def _urgency(text: str) -> dict[str, str] | None:
    """The highest level that the text states; "not urgent" does not count as "urgent"."""
    calm = [match.span() for match in _URGENCIES["low"].finditer(text)]
    for level, pattern in _URGENCIES.items():
        for found in pattern.finditer(text):
            inside = any(start <= found.start() < end for start, end in calm)
            if level == "low" or not inside:
                return _said(found, level)
    return None


def _affected(text: str) -> dict[str, str] | None:
    found = affected_people(text)
    return found and {"value": str(found.value), "quote": text[found.start : found.end]}


def _patterned(custom: Custom, text: str) -> dict[str, str] | None:
    """The match of the catalog's pattern; an entity without a pattern can only be found by a
    model."""
    found = re.search(custom.pattern, text) if custom.pattern else None
    if found is None:
        return None
    value = next((group for group in found.groups() if group), found.group()).strip()
    return {"value": value[:200], "quote": found.group().strip()[:300]} if value else None
