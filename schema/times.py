"""Moments, dates and time zones as clients write them."""

import re
from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import available_timezones

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_moment(value: object) -> datetime | None:
    """A moment in UTC from ISO 8601 with an offset. None for all else: a time without an offset is
    ambiguous, and one outside of the years 1 to 9999 in UTC cannot be kept."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_date(value: object) -> date | None:
    """A date from YYYY-MM-DD; None for all else, such as weeks or days without hyphens."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


@cache
def known_time_zones() -> frozenset[str]:
    """The names of time zones that this machine knows; finding them reads folders."""
    return frozenset(available_timezones())
