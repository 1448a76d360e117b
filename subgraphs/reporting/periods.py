"""Periods of whole days in somebody's time zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from trellis.db.models import utc_now
from trellis.schema.times import known_time_zones
from trellis.subgraphs.reporting.errors import BadPeriod

MAX_DAYS = 366
_USUAL_DAYS = 30
_FIRST, _LAST = date(1970, 1, 1), date(9000, 1, 1)
"""Moments around these days exist in every zone."""


@dataclass(frozen=True, slots=True)
class Period:
    """Both days belong to it. ``today`` is the day on which it was asked for, in the same zone: on
    later days nothing has happened yet."""

    start: date
    end: date
    zone: str
    today: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def begins(self) -> datetime:
        return _midnight(self.start, self.zone)

    @property
    def ends(self) -> datetime:
        """The first moment after it."""
        return _midnight(self.end + timedelta(days=1), self.zone)

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(_zone(self.zone)).date()

    def past_days(self) -> Iterator[tuple[date, datetime]]:
        """Each day that has begun, with the first moment after it."""
        last = min(self.end, self.today)
        for number in range((last - self.start).days + 1):
            day = self.start + timedelta(days=number)
            yield day, _midnight(day + timedelta(days=1), self.zone)


def period_of(
    start: date | None, end: date | None, zone: str, *, now: datetime | None = None
) -> Period:
    """The period that was asked for; without its days the thirty up to today.

    Raises ``BadPeriod`` when it ends before it begins, or is longer than ``MAX_DAYS``.
    """
    if zone not in known_time_zones():
        raise BadPeriod("timeZone", "timeZone must be a name such as UTC or Europe/Paris.")
    today = (now or utc_now()).astimezone(_zone(zone)).date()
    for field, day in (("startDate", start), ("endDate", end)):
        if day is not None and not _FIRST <= day <= _LAST:
            raise BadPeriod(field, f"{field} must lie between {_FIRST} and {_LAST}.")
    last = end or max(today, start or today)
    first = start or max(last - timedelta(days=_USUAL_DAYS - 1), _FIRST)
    period = Period(first, last, zone, today)
    if first > last:
        raise BadPeriod("endDate", "endDate must not be before startDate.")
    if period.days > MAX_DAYS:
        raise BadPeriod("endDate", f"A period may have {MAX_DAYS} days at most.")
    return period


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _midnight(day: date, zone: str) -> datetime:
    """The first moment of the day. Where clocks go forward at midnight, ``fold=0`` of the time
    that does not exist is the moment at which they do."""
    return datetime.combine(day, time.min, _zone(zone)).astimezone(UTC)
