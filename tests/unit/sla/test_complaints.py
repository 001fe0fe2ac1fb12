"""What users of help desks complain of most, each as a test by its name."""

from datetime import timedelta

from tests.unit.sla.build import (
    HOURS,
    MINUTES,
    OFFICE,
    at,
    calendar,
    due,
    elapsed,
    history,
    policy,
    status,
)


def test_pause_ignored() -> None:
    """F-I6: "We wait for the customer since Monday and the ticket breached over night.\""""
    waited = history(
        "2026-11-23 09:00",
        status("2026-11-23 10:00", "pending"),
        status("2026-11-24 10:00", "open"),
    )
    assert due(waited, None, 8 * HOURS) == at("2026-11-24 17:00")
    assert elapsed(waited, None, at("2026-11-24 11:00")) == 2 * HOURS


def test_pause_without_an_end_has_no_due_time() -> None:
    """F-I6: "It is shown as overdue although it is on hold.\""""
    held = history("2026-11-23 09:00", status("2026-11-23 10:00", "hold"))
    assert due(held, None, 8 * HOURS) is None
    assert elapsed(held, None, at("2027-11-23 09:00")) == HOURS


def test_a_breach_before_the_pause_stays_one() -> None:
    """F-I6: "They put it on hold after it was late, and now it was never late.\""""
    late = history("2026-11-23 09:00", status("2026-11-23 18:00", "hold"))
    assert due(late, None, 8 * HOURS) == at("2026-11-23 17:00")


def test_pause_forgotten_on_policy_change() -> None:
    """F-I6: "Since the new contract the two days on hold count as ours.\""""
    changed = history(
        "2026-11-23 09:00",
        status("2026-11-23 10:00", "hold"),
        status("2026-11-25 10:00", "open"),
        policy("2026-11-25 11:00"),  # pauses on nothing any more
        status("2026-11-25 12:00", "hold"),
    )
    assert due(changed, None, 8 * HOURS) == at("2026-11-25 17:00")


def test_a_policy_does_not_pause_the_past() -> None:
    strict = history("2026-11-23 09:00", policy("2026-11-23 09:00"))
    later = history(
        "2026-11-23 09:00",
        policy("2026-11-23 09:00"),
        status("2026-11-23 10:00", "hold"),
        policy("2026-11-23 12:00", "hold"),
        status("2026-11-23 13:00", "open"),
    )
    assert due(strict, None, 8 * HOURS) == at("2026-11-23 17:00")
    assert due(later, None, 8 * HOURS) == at("2026-11-23 18:00")


def test_pause_forgotten_on_a_change_of_priority() -> None:
    """F-I6: "We raised it to critical and it was overdue at once.\""""
    waited = history(
        "2026-11-23 09:00",
        status("2026-11-23 09:30", "pending"),
        status("2026-11-23 19:30", "open"),
    )
    for target in (HOURS, 8 * HOURS, 24 * HOURS):
        assert due(waited, None, target) == at("2026-11-23 19:00") + target


def test_wall_clock_instead_of_business_hours() -> None:
    """F-I6: "Handed in on Friday at five, overdue on Saturday.\""""
    friday = history("2026-11-27 16:30+01:00")
    assert due(friday, OFFICE, 8 * HOURS) == at("2026-11-30 16:30+01:00")
    assert elapsed(friday, OFFICE, at("2026-11-30 08:00+01:00")) == 30 * MINUTES


def test_lunch_break() -> None:
    """F-I6: "Our hours have a break, the clock has none.\""""
    late_morning = history("2026-11-23 11:30+01:00")
    assert due(late_morning, OFFICE, HOURS) == at("2026-11-23 13:30+01:00")
    at_noon = history("2026-11-23 12:15+01:00")
    assert due(at_noon, OFFICE, 4 * HOURS) == at("2026-11-23 17:00+01:00")


def test_reopen() -> None:
    """F-I6: "The customer reopened after a week, and it was a week overdue.\""""
    reopened = history(
        "2026-11-23 09:00", status("2026-11-23 11:00", "solved"), status("2026-11-30 09:00", "open")
    )
    assert due(reopened, None, 8 * HOURS) == at("2026-11-30 15:00")
    assert elapsed(reopened, None, at("2026-11-30 10:00")) == 3 * HOURS


def test_a_solved_ticket_keeps_its_due_time() -> None:
    solved = history("2026-11-23 09:00", status("2026-11-23 11:00", "solved"))
    assert due(solved, None, 8 * HOURS) == at("2026-11-23 17:00")
    assert elapsed(solved, None, at("2027-01-01 00:00")) == 2 * HOURS


def test_dst_gap() -> None:
    """F-I6: "On the night that lost an hour we were late by that hour.\""""
    # In Berlin, 2026-03-29 goes from 02:00 to 03:00.
    night = calendar("Europe/Berlin", "00:00-06:00")
    lost = history("2026-03-29 00:00+01:00")
    assert due(lost, night, 5 * HOURS) == at("2026-03-29 06:00+02:00")
    assert due(lost, night, 5 * HOURS + MINUTES) == at("2026-03-30 00:01+02:00")


def test_hours_inside_the_gap_do_not_exist() -> None:
    never = calendar("Europe/Berlin", "02:00-03:00")
    begun = history("2026-03-28 12:00+01:00")
    assert due(begun, never, 30 * MINUTES) == at("2026-03-30 02:30+02:00")
    half = calendar("Europe/Berlin", "02:30-03:30")
    assert due(begun, half, 30 * MINUTES) == at("2026-03-29 03:30+02:00")


def test_dst_fold() -> None:
    """F-I6: "The hour that came twice was given to us once.\""""
    # In Berlin, 2026-10-25 goes back from 03:00 to 02:00.
    night = calendar("Europe/Berlin", "00:00-06:00")
    begun = history("2026-10-25 00:00+02:00")
    assert due(begun, night, 7 * HOURS) == at("2026-10-25 06:00+01:00")
    partly = calendar("Europe/Berlin", "01:00-02:30")
    assert elapsed(begun, partly, at("2026-10-26 00:00+01:00")) == 2 * HOURS


def test_dst_moves_no_due_time_around_the_clock() -> None:
    """F-I6: "Twenty-four hours are twenty-four hours.\""""
    assert due(history("2026-03-28 12:00"), None, 24 * HOURS) == at("2026-03-29 12:00")


def test_a_day_is_a_working_day() -> None:
    """F-I6: two days of eight hours, not forty-eight hours."""
    assert OFFICE.day == 8 * HOURS
    monday = history("2026-11-23 10:00+01:00")
    assert due(monday, OFFICE, 2 * OFFICE.day) == at("2026-11-25 10:00+01:00")


def test_holiday() -> None:
    """F-I6: "Christmas was counted.\""""
    eve = history("2026-12-24 16:00+01:00")
    assert due(eve, OFFICE, 2 * HOURS) == at("2026-12-28 09:00+01:00")
    # 2027-01-01 once, and Christmas of every year.
    assert due(history("2026-12-31 16:00+01:00"), OFFICE, 2 * HOURS) == at("2027-01-04 09:00+01:00")
    assert due(history("2028-12-24 16:00+01:00"), OFFICE, HOURS) == at("2028-12-26 09:00+01:00")


def test_a_short_day_before_a_holiday() -> None:
    short = calendar("UTC", "08:00-17:00", holidays=[{"date": "12-24", "hours": ["08:00-12:00"]}])
    eve = history("2026-12-24 11:00")
    assert due(eve, short, 2 * HOURS) == at("2026-12-25 09:00")


def test_0_minutes() -> None:
    """F-I5 F-I6: 0 is a value: due at once, also when nobody works; None would be no promise."""
    sunday = history("2026-11-29 10:00")
    assert due(sunday, OFFICE, timedelta()) == at("2026-11-29 10:00")


def test_the_last_minute_of_the_day_is_not_the_next_morning() -> None:
    """F-I6: "Due at 8 although 17:00 of the day before was promised.\""""
    assert due(history("2026-11-23 08:00+01:00"), OFFICE, 8 * HOURS) == at("2026-11-23 17:00+01:00")


def test_another_time_zone() -> None:
    """F-I6: "Support in Auckland goes by our clock.\""""
    auckland = calendar("Pacific/Auckland", "09:00-17:00")
    assert due(history("2026-11-23 00:00+01:00"), auckland, HOURS) == at("2026-11-23 13:00+13:00")


def test_a_date_that_never_was() -> None:
    """Samoa went from the 29th to the 31st of December 2011."""
    apia = calendar("Pacific/Apia", "08:00-10:00")
    assert due(history("2011-12-29 09:00-10:00"), apia, 2 * HOURS) == at("2011-12-31 09:00+14:00")


def test_two_moves_in_one_moment_and_a_clock_set_back() -> None:
    both = history(
        "2026-11-23 09:00",
        status("2026-11-23 10:00", "pending"),
        status("2026-11-23 09:59", "open"),
    )
    assert due(both, None, 8 * HOURS) == at("2026-11-23 17:00")
