"""Every change of every zone's clocks is found."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import available_timezones

# The Python form of the class, whose tables can be read; typeshed does not know it.
from zoneinfo._zoneinfo import ZoneInfo as Readable  # type: ignore[import-not-found]

import pytest

from deskhand.sla.utc_offsets import LOOK_EVERY, constant_offsets

BEGIN, END = datetime(1900, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def written(zone: str) -> list[tuple[datetime, timedelta]]:
    """The changes of offset that the time zone database lists one by one, from 1900 on."""
    known = Readable.no_cache(zone)
    moments = [datetime.fromtimestamp(at, UTC) for at in known._trans_utc]
    offsets = [known._tti_before.utcoff, *(each.utcoff for each in known._ttinfos)]
    changes = zip(moments, pairwise(offsets), strict=False)
    return [(at, after) for at, (before, after) in changes if before != after and at > BEGIN]


def test_no_zone_keeps_an_offset_shorter_than_we_look() -> None:
    """F-I6: what `LOOK_EVERY` rests on."""
    kept = [
        later - earlier
        for zone in available_timezones()
        for (earlier, _), (later, _) in pairwise(written(zone))
    ]
    assert len(kept) > 10_000
    assert min(kept) > LOOK_EVERY


@pytest.mark.parametrize(
    "zone",
    ["UTC", "Europe/Berlin", "Africa/Freetown", "Africa/Monrovia", "America/Recife", "Asia/Gaza",
     "Africa/Casablanca", "Europe/Dublin", "Pacific/Apia", "Antarctica/Troll"],
)  # fmt: skip
def test_all_changes_are_found(zone: str) -> None:
    """F-I6: compared with the list in the zone's own file."""
    spans = list(constant_offsets(zone, BEGIN, END))
    assert (spans[0].since, spans[-1].until) == (BEGIN, END)
    assert all(one.until == other.since for one, other in pairwise(spans))
    found = [(b.since, b.offset) for a, b in pairwise(spans) if a.offset != b.offset]
    listed = [change for change in written(zone) if change[0] < END]
    assert found[: len(listed)] == listed
    # In the years beyond its list a zone follows a rule: two changes a year, or none.
    years = END.year - 1 - listed[-1][0].year if listed else 0
    assert len(found) - len(listed) in (0, 2 * years)


def test_a_span_may_begin_and_end_anywhere() -> None:
    """F-I6: also at the moment of a change itself."""
    spring = datetime(2026, 3, 29, 1, tzinfo=UTC)
    moment = timedelta(microseconds=1)
    hour = timedelta(hours=1)
    one, other = constant_offsets("Europe/Berlin", spring - moment, spring + moment)
    assert (one.until, one.offset, other.offset) == (spring, hour, 2 * hour)
    [only] = constant_offsets("Europe/Berlin", spring, spring + moment)
    assert only.offset == 2 * hour
    [only] = constant_offsets("Europe/Berlin", spring - moment, spring)
    assert only.offset == hour
    assert list(constant_offsets("Europe/Berlin", spring, spring)) == []
    years = list(
        constant_offsets(
            "UTC", datetime(2026, 12, 31, tzinfo=UTC), datetime(2028, 1, 2, tzinfo=UTC)
        )
    )
    assert [span.until.year for span in years] == [2027, 2028, 2028]
