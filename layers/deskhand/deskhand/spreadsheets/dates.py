"""Reads the dates of a column. Day and month are told apart by values above 12, never guessed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal

type Order = Literal["day", "month"]

_TIME = r"(?:[ T,]{1,3}(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?(?:\.\d{1,9})?\s?([AaPp])?\.?[Mm]?\.?)?"
_ZONE = r"\s?(Z|UTC|GMT|[+-]\d\d:?\d\d)?"
_ISO = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}{_ZONE}")
_NUMBERS = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}|\d\d){_TIME}{_ZONE}")
_DAY_NAME = re.compile(
    rf"(\d{{1,2}})[-/. ]{{1,2}}([^\W\d_]{{3,12}})\.?[-/. ,]{{1,2}}(\d{{4}}|\d\d){_TIME}{_ZONE}"
)
_NAME_DAY = re.compile(rf"([^\W\d_]{{3,12}})\.? (\d{{1,2}}),? (\d{{4}}){_TIME}{_ZONE}")
_LONGEST = 60
# Beginnings of the months' names: English, German, French, Spanish, Italian, Portuguese, Dutch.
_MONTHS = (
    ("jan", "jän", "ene", "gen"), ("feb", "fév", "fev"), ("mar", "mär", "mrz", "maa", "mrt"),
    ("apr", "avr", "abr"), ("may", "mai", "mag", "mei"), ("jun", "juin", "giu"),
    ("jul", "juil", "lug"), ("aug", "aoû", "aou", "ago"), ("sep", "set"),
    ("oct", "okt", "ott", "out"), ("nov",), ("dec", "dez", "déc", "dic"),
)  # fmt: skip
# Two digits of a year below this one are of this century.
_CENTURY = 69


@dataclass(frozen=True, slots=True)
class Dates:
    """How a column writes its dates, with the value that shows it.

    `order` is None where nothing but the order of day and month is unknown: somebody has to say.
    `asks` says that.
    """

    form: str
    order: Order | None
    evidence: str
    asks: bool = False


@dataclass(slots=True)
class _Seen:
    """The first value of each kind in a column."""

    real: int = 0
    iso: str = ""
    named: str = ""
    numbers: str = ""
    day: str = ""
    month: str = ""
    dotted: str = ""
    equal: bool = True


def dates_of(values: Iterable[str | datetime], given: Order | None = None) -> Dates:
    """The dates of a column; `given` decides where its values do not."""
    seen = _Seen()
    for value in values:
        _note(seen, value)
    return _decided(seen, given)


def _note(seen: _Seen, value: str | datetime) -> None:
    if isinstance(value, datetime):
        seen.real += 1
        return
    text = value.strip()
    if len(text) > _LONGEST:
        return
    if _ISO.fullmatch(text):
        seen.iso = seen.iso or text
    elif found := _NUMBERS.fullmatch(text):
        _note_numbers(seen, text, int(found[1]), int(found[3]), found[2])
    elif _DAY_NAME.fullmatch(text) or _NAME_DAY.fullmatch(text):
        seen.named = seen.named or text


def _note_numbers(seen: _Seen, text: str, first: int, second: int, mark: str) -> None:
    seen.numbers = seen.numbers or text
    seen.equal = seen.equal and first == second
    if first > 12:
        seen.day = seen.day or text
    if second > 12:
        seen.month = seen.month or text
    if mark == ".":
        seen.dotted = seen.dotted or text


def _decided(seen: _Seen, given: Order | None) -> Dates:
    if not seen.numbers:
        if seen.iso or seen.named:
            form = "year-month-day" if seen.iso else "with the month's name"
            return Dates(form, None, seen.iso or seen.named)
        return Dates("spreadsheet date" if seen.real else "none", None, "")
    if seen.day and seen.month:
        both = f"{seen.day} and {seen.month} contradict each other"
        return Dates("mixed", given, both, asks=not given)
    if seen.day or seen.month:
        order: Order = "day" if seen.day else "month"
        return Dates(f"{order} first", order, seen.day or seen.month)
    if given:
        return Dates(f"{given} first", given, "given")
    if seen.dotted:
        return Dates("day first", "day", f"{seen.dotted} has dots")
    return Dates("day or month first", None, seen.numbers, asks=not seen.equal)


def date_in(value: str | datetime, order: Order | None, zone: tzinfo) -> datetime | None:
    """The instant in UTC; None when the value is no date. A date without a zone is in `zone`."""
    if isinstance(value, datetime):
        return _instant(value, zone)
    text = value.strip()
    if len(text) > _LONGEST:
        return None
    try:
        parts = _parts(text, order)
        return _instant(_moment(*parts), zone) if parts else None
    except (ValueError, OverflowError):
        return None


type _Parts = tuple[int, int, int, tuple[str | None, ...]]


def _parts(text: str, order: Order | None) -> _Parts | None:
    """Year, month, day, and the groups of time and zone."""
    if found := _ISO.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3]), found.groups()[3:]
    if found := _NUMBERS.fullmatch(text):
        first, second = int(found[1]), int(found[3])
        # Equal numbers need no order; a number above 12 shows it.
        month_first = order == "month" if max(first, second) <= 12 else second > 12
        day, month = (second, first) if month_first else (first, second)
        return _year(found[4]), month, day, found.groups()[4:]
    if found := _DAY_NAME.fullmatch(text):
        return _year(found[3]), _month(found[2]), int(found[1]), found.groups()[3:]
    if found := _NAME_DAY.fullmatch(text):
        return _year(found[3]), _month(found[1]), int(found[2]), found.groups()[3:]
    return None


def _moment(year: int, month: int, day: int, rest: tuple[str | None, ...]) -> datetime:
    hour, minute, second, half, zone = rest
    hours = int(hour or 0)
    if half:
        hours = hours % 12 + (12 if half in "Pp" else 0)
    return datetime(
        year, month, day, hours, int(minute or 0), int(second or 0), tzinfo=_offset(zone)
    )  # fmt: skip


def _offset(zone: str | None) -> tzinfo | None:
    if not zone:
        return None
    if zone[0] not in "+-":
        return UTC
    away = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return timezone(-away if zone[0] == "-" else away)


def _instant(moment: datetime, zone: tzinfo) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    return year + (2000 if year < _CENTURY else 1900)


def _month(name: str) -> int:
    """The month by the beginning of its name; 0, which is no month, when it is unknown."""
    plain = name.casefold()
    return next((n for n, starts in enumerate(_MONTHS, 1) if plain.startswith(starts)), 0)
