"""Days, weeks and durations: which day a moment belongs to, and how long something took."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

_UTC = "UTC"
_CENT = Decimal("0.01")


def local_day(moment: datetime, timezone: str) -> date:
    """The calendar day of ``moment`` in a time zone of the tz database, in UTC where this machine
    does not know it."""
    try:
        zone = ZoneInfo(timezone)
    except (KeyError, OSError, ValueError):
        zone = ZoneInfo(_UTC)
    return moment.astimezone(zone).date()


def week_of(day: date) -> date:
    """The Monday of the week in which ``day`` is."""
    return day - timedelta(days=day.weekday())


def minutes_between(start: datetime, end: datetime) -> int:
    """Whole minutes, to the nearest; halves count."""
    return (end - start + timedelta(seconds=30)) // timedelta(minutes=1)


def hours(minutes: int) -> float:
    """Hours with two decimals."""
    return float((Decimal(minutes) / 60).quantize(_CENT, ROUND_HALF_UP))


def cost(minutes: int, hourly_rate: Decimal) -> Decimal:
    """What the time costs, with two decimals; halves count."""
    return (hourly_rate * minutes / 60).quantize(_CENT, ROUND_HALF_UP)
