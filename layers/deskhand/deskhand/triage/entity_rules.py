"""Extracts entities by rules and patterns when no model is asked: deterministic, and labelled
so."""

import json
import re
from pathlib import Path
from typing import Any

from deskhand.triage.affected_people import affected_people
from deskhand.triage.denial import Said, own_words, phrases_of, words_said
from deskhand.triage.entities import Custom, ExtractMaterial, field_of
from deskhand.triage.grammar import table, unspaced_words

_NAMES: dict[str, Any] = json.loads(Path(__file__).with_name("products.json").read_text("utf-8"))[
    "product"
]
# A code contains a digit; "no.", a colon or the like may separate it from the word that announces
# it.
_CODE = r"((?=[\w./-]{0,30}\d)[A-Z0-9][A-Z0-9./-]{1,28}[A-Z0-9])"
_SET_OFF = r"[\s:#.=-]{1,3}(?:(?:no|nr|num|number|nummer|id|tag|n°|nº)[\s:#.-]{1,3})?"
# Host names say what a machine does; inventory tags are recognised by their capitals.
_NO_TAG = (
    "ORA|TNS|SQL|ERR|CVE|RFC|ISO|UTF|KB"
    "|INC|REQ|RITM|CHG|PRB|TASK|CASE|SR|TKT|HD|SD|CS|BUG|JIRA|ITSM|HELP|ISSUE"
)
_ROLE = "srv|server|host|db|web|app|vm|dc|fs|ns|gw|fw|sw|mail|print|file"
_DOMAIN = r"(?:\.[a-z0-9-]{1,40}){0,5}"
_FILE = r"(?:js|css|exe|log|txt|py|zip|html?|xlsx?|docx?|pdf|csv|json|xml|ya?ml|jar|dll|so)"
_PATTERNS = {
    "order_id": rf"(?i:(?<!\w)(?:purchase order|order|po|bestell(?:ung|(?:-?(?:nummer|nr)))"
    rf"|auftrag(?:s?-?(?:nummer|nr))?|(?:numéro de )?commande|(?:número de )?(?:pedido|encomenda)"
    rf"|ordine|bestel(?:ling|-?(?:nummer|nr))|zamówieni[ea]|注文番号|订单号|訂單號|주문번호)"
    rf"{_SET_OFF}{_CODE})",
    "asset": rf"(?i:(?<!\w)(?:asset|inventory|inventar(?:nummer|nr)?|serial|seriennummer|s/n|device"
    rf"|gerät|inventaire|inventario){_SET_OFF}{_CODE})"
    rf"|(?<![\w-])(?!(?:{_NO_TAG})-)([A-Z]{{2,4}}-\d{{4,8}})(?![\w-])",
    "host": rf"(?i:(?<![\w@.-])((?:{_ROLE})[a-z0-9]{{0,12}}-[a-z0-9-]{{0,20}}\d[a-z0-9-]{{0,8}}"
    rf"{_DOMAIN})(?![\w@])"
    rf"|(?<![\w@.-])((?:{_ROLE})[a-z0-9]{{0,12}}\d{{1,4}}(?:\.[a-z0-9-]{{1,40}}){{1,4}}"
    rf"\.(?!{_FILE}\b)[a-z]{{2,24}})(?![\w@])"
    r"|(?<![\w@.-])([a-z0-9-]{1,40}(?:\.[a-z0-9-]{1,40}){0,4}\.(?:local|lan|internal|corp))"
    r"(?!\.?\w)"
    r"|(?<![\\\w:])\\\\([a-z0-9][a-z0-9.-]{0,60})(?=\\)"
    # Addresses of private networks; others may be versions.
    r"|(?<![\w.])((?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3})(?!\.?\w))",
    "version": r"(?i:(?<!\w)(?:version|release|build|v\.?)\s?"
    r"(\d{1,5}(?:\.\d{1,6}){1,4}|\d{2,6})(?!\w))",
    "error_code": r"(?i:(?<!\w)"
    r"(0x[0-9A-F]{4,16}|ERR_[A-Z0-9_]{2,40}|(?:ORA-|TNS-|SQL-?|AADSTS)\d{2,8})(?!\w)"
    r"|(?<!\w)(?:error|http|status|fehler|erreur|errore?|código)(?: ?code)?"
    r"[\s:#]{1,2}(\d{3,6})(?!\w))",
}


_CODES = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}
_ISSUES = {
    kind: phrases_of([*phrases, *(unspaced_words("outage") if kind == "outage" else [])])
    for kind, phrases in table("issue_type").items()
}
_LEVELS = table("urgency")
_URGENT = {
    "critical": phrases_of(_LEVELS["critical"]),
    "high": phrases_of([*_LEVELS["high"], *unspaced_words("high")]),
}
_SOON, _CALM = phrases_of(_LEVELS["soon"]), phrases_of([*_LEVELS["low"], *unspaced_words("low")])
# A key of a tracker is no product: JIRA-12345.
_PRODUCTS = re.compile(rf"(?:{phrases_of(_NAMES['known']).pattern})(?!-\d)", re.IGNORECASE)
_WORDS_TOO = frozenset(_NAMES["words"])
_AHEAD, _BESIDE = frozenset(_NAMES["ahead"].split()), frozenset(_NAMES["beside"].split())
_WORD = re.compile(r"[\w'-]+")


def extract_by_rules(material: object) -> dict[str, Any]:
    """Every entity that the rules find, in the fields that the extract_entities prompt asks for."""
    if not isinstance(material, ExtractMaterial):
        raise TypeError("these rules read tickets")
    written = f"{material.ticket.subject}\n\n{material.ticket.body}"
    text = own_words(written).text
    read = words_said(text)
    answer: dict[str, Any] = {name: _coded(code, text) for name, code in _CODES.items()}
    if answer["asset"] and answer["order_id"]:
        same = answer["asset"]["value"] == answer["order_id"]["value"]
        answer["asset"] = None if same else answer["asset"]
    answer |= {
        "product": _said(_product(text)),
        "issue_type": _kind(read),
        "urgency": _urgency(read, text),
        # It folds the text itself: a raised number counts nobody.
        "affected_users": _affected(written),
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


def _product(text: str) -> re.Match[str] | None:
    """The first product; a name that is a word too must look like a name."""
    return next((each for each in _PRODUCTS.finditer(text) if _is_name(each, text)), None)


def _is_name(found: re.Match[str], text: str) -> bool:
    if found.group().capitalize() not in _WORDS_TOO:
        return True
    before = _WORD.findall(text[max(0, found.start() - 30) : found.start()])[-1:]
    after = _WORD.findall(text[found.end() : found.end() + 30])[:1]
    if {*map(str.casefold, before)} & _AHEAD or {*map(str.casefold, after)} & _BESIDE:
        return True
    first = text[: found.start()].rstrip(" ")[-1:] in ("", ".", "!", "?", "\n")
    return found.group() in _WORDS_TOO and not first


def _kind(read: Said) -> dict[str, str] | None:
    """The first kind, in the order of the lists, of which a phrase is said."""
    found = ((kind, next(read.assertions(pattern), None)) for kind, pattern in _ISSUES.items())
    return next((_said(match, kind) for kind, match in found if match), None)


def _urgency(read: Said, text: str) -> dict[str, str] | None:
    """The highest level that the text says; low where it only denies that it is urgent."""
    for level, pattern in _URGENT.items():
        if found := next(read.assertions(pattern), None):
            return _said(found, level)
    if found := _CALM.search(text) or next(_URGENT["high"].finditer(text), None):
        return _said(found, "low")
    return _said(_SOON.search(text), "high")


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
