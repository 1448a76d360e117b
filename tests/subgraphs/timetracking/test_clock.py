"""Days, weeks and durations, by rules that are told in other words here."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trellis.subgraphs.timetracking.clock import (
    cost,
    hours,
    local_day,
    minutes_between,
    week_of,
)

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "timezone", "day"),
    [
        ("2026-03-01T23:30:00+00:00", "UTC", "2026-03-01"),
        ("2026-03-01T23:30:00+00:00", "Europe/Paris", "2026-03-02"),
        ("2026-03-02T04:59:59+00:00", "America/New_York", "2026-03-01"),
        ("2026-03-02T05:00:00+00:00", "America/New_York", "2026-03-02"),
        # In summer the day begins an hour earlier there.
        ("2026-07-06T04:00:00+00:00", "America/New_York", "2026-07-06"),
        ("2026-03-01T10:00:00+00:00", "Pacific/Kiritimati", "2026-03-02"),
        ("2026-03-01T23:30:00+00:00", "Mars/Olympus", "2026-03-01"),
        ("2026-03-01T23:30:00+00:00", "../etc/passwd", "2026-03-01"),
        ("2026-03-01T23:30:00+00:00", "", "2026-03-01"),
    ],
)
def test_a_day_begins_where_the_person_lives(moment: str, timezone: str, day: str):
    assert local_day(datetime.fromisoformat(moment), timezone) == date.fromisoformat(day)


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1)))
@settings(max_examples=50)
def test_a_week_begins_on_the_monday_at_or_before(day: date):
    monday = week_of(day)
    assert monday.isocalendar()[2] == 1
    assert monday.isocalendar()[:2] == day.isocalendar()[:2]


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(9_000, 150), (29.999999, 0), (30, 1), (89.9, 1), (90, 2), (0.1, 0)]
)
def test_minutes_are_the_nearest(seconds: float, minutes: int):
    assert minutes_between(START, START + timedelta(seconds=seconds)) == minutes


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)))
@settings(max_examples=50)
def test_no_duration_is_wrong_by_more_than_half_a_minute(length: timedelta):
    minutes = minutes_between(START, START + length)
    assert abs(timedelta(minutes=minutes) - length) <= timedelta(seconds=30)
    assert minutes >= 0


@given(
    st.integers(0, 100_000),
    st.decimals(min_value=0, max_value=10**6, places=2, allow_nan=False, allow_infinity=False),
)
@settings(max_examples=50)
def test_hours_and_costs_are_exact_to_the_cent(minutes: int, rate: Decimal):
    exact = Fraction(rate) * minutes / 60
    told = cost(minutes, rate)
    assert abs(Fraction(told) - exact) <= Fraction(1, 200)
    assert told == round(told, 2)
    assert abs(Fraction(str(hours(minutes))) - Fraction(minutes, 60)) <= Fraction(1, 200)


def test_the_examples_of_the_document():
    assert minutes_between(START, START + timedelta(hours=2, minutes=30)) == 150
    assert (hours(150), hours(100), hours(0)) == (2.5, 1.67, 0.0)
    assert cost(150, Decimal("75.00")) == Decimal("187.50")
