"""Card numbers and IBANs in text, distinguished from other numbers by their check digits."""

import re
from collections.abc import Iterator

_CARD_RUN = re.compile(r"\d(?<![\dA-Za-z/+]\d)(?:[ .\-·_\n]{0,2}\d){11,}")
_GROUP = re.compile(r"\d+")
_FEWEST_DIGITS = 12
_GOES_ON = re.compile(r"[0-9A-Za-z]")
_LETTER = re.compile(r"-?[A-Za-z]")
_DECIMAL = re.compile(r"\.\d{7}")
_CARD_CALLED = re.compile(
    r"(?:card|karte\w*|kreditkarte\w*|visa|mastercard|amex|maestro|carte|tarjeta|carta|kaart|kart\w*"
    r"|cc|pan|карт\w*|卡号|カード\w*)\b[^\d\n]{0,16}$",
    re.IGNORECASE,
)
# First digits of the issuers' numbers, and how long those are.
_ISSUERS = (
    (re.compile(r"4"), (13, 16, 19)),
    (re.compile(r"5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|220[0-4]"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"3(?:0[0-59]|[689])"), (14, 15, 16, 17, 18, 19)),
    (re.compile(r"6(?:011|4[4-9]|5)|62|81|60|508|82"), (16, 17, 18, 19)),
    (re.compile(r"35(?:2[89]|[3-8])"), (16, 17, 18, 19)),
    (re.compile(r"5[0678]|6"), (13, 14, 15, 16, 17, 18, 19)),
    (re.compile(r"9792|1\b"), (16,)),
)
# Begins with a digit, since letters are everywhere; the country is looked up before it.
_IBAN_START = re.compile(r"\d[ \-]?\d(?=[ .\-]?[0-9A-Za-z])")
_COUNTRY = re.compile(r"(?<![0-9A-Za-z])([A-Za-z]{2})[ \-]?$")
_IBAN_CALLED = re.compile(
    r"\biban\b[^0-9A-Za-z\n]{0,8}(?:nr\.?|no\.?|number|is|ist|:)?[^0-9A-Za-z\n]{0,8}$",
    re.IGNORECASE,
)
_REST = re.compile(r"(?:[ .\-\n]{0,2}[0-9A-Za-z])")
# Length of an IBAN by country, of the registry and of the countries that use the form unofficially.
_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FO GL NL FK SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU XK MN",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ TL OM SO",
        24: "AD CZ ES MD PK RO SA SE SK TN VG DZ",
        25: "PT ST LY AO MZ CV GW",
        26: "IS TR",
        27: "FR GR IT MC MR SM BF CF CG CM DJ GA GQ KM MG BI",
        28: "AL AZ BY CY DO GT HU LB PL SV HN CI BJ ML SN TD MA NI NE TG",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}


def find_ibans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each IBAN in a folded text; one with a label needs no valid check digits."""
    for match in _IBAN_START.finditer(text):
        before = text[max(0, match.start() - 4) : match.start()]
        country = _COUNTRY.search(before)
        length = _LENGTHS.get(country.group(1).upper()) if country else None
        if country is None or length is None:
            continue
        start = match.start() - len(country.group())
        end, number = match.end(), re.sub(r"\W", "", country.group() + match.group())
        while len(number) < length and (following := _REST.match(text, end)):
            number, end = number + following.group()[-1], following.end()
        called = _IBAN_CALLED.search(text[max(0, start - 32) : start])
        valid = not _GOES_ON.match(text, end) and _mod97(number)
        if len(number) == length and (valid or called):
            yield start, end


def find_cards(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each card number in a folded text; one with a label needs no valid Luhn
    digit."""
    for run in _CARD_RUN.finditer(text):
        groups = [group.span() for group in _GROUP.finditer(text, *run.span())]
        called = _CARD_CALLED.search(text[max(0, run.start() - 32) : run.start()]) is not None
        first = 0
        while first < len(groups):
            last = _card(text, groups, first, called and first == 0)
            if last is not None:
                yield groups[first][0], groups[last][1]
            first = first + 1 if last is None else last + 1


def _card(text: str, groups: list[tuple[int, int]], first: int, called: bool) -> int | None:
    """The last group of the longest card number that begins with group `first`."""
    for last in range(min(first + 7, len(groups)) - 1, first - 1, -1):
        if sum(end - start for start, end in groups[first : last + 1]) < _FEWEST_DIGITS:
            return None
        start, end = groups[first][0], groups[last][1]
        digits = re.sub(r"\D", "", text[start:end])
        if _LETTER.match(text, end) or _DECIMAL.search(text, max(0, start - 1), end):
            continue
        if _is_card(digits) or (called and 13 <= len(digits) <= 19):
            return last
    return None


def _is_card(digits: str) -> bool:
    if not _FEWEST_DIGITS <= len(digits) <= 19 or not _luhn(digits):
        return False
    return any(p.match(digits) and len(digits) in lengths for p, lengths in _ISSUERS)


def _luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(map(int, digits[-1::-2]))) % 10 == 0


def _mod97(iban: str) -> bool:
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(c, 36)) for c in turned)) % 97 == 1
