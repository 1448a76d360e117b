"""When an entry can have been."""

from datetime import UTC, datetime, timedelta

from trellis.db.models import utc_now
from trellis.schema.inputs import InputProblems

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST = timedelta(hours=24)
CLOCKS_DIFFER = timedelta(minutes=1)
"""How far clients' clocks may be ahead: their now is a moment that has not come here."""


def add_problems(problems: InputProblems, start: datetime, end: datetime | None) -> None:
    """Entries have begun, end after that, are at most a day long and in the past. ``end`` is None
    while the timer runs."""
    latest = utc_now() + CLOCKS_DIFFER
    if not EARLIEST <= start <= latest:
        message = f"startedAt must be in the past and not before {EARLIEST.year}."
        problems.add("startedAt", "INVALID_FORMAT", message)
    if end is None:
        return
    if end <= start:
        problems.add("endedAt", "INVALID_FORMAT", "endedAt must be after startedAt.")
    elif end > latest:
        problems.add("endedAt", "INVALID_FORMAT", "endedAt must not be in the future.")
    elif end - start > LONGEST:
        message = "An entry is 24 hours long at most: make one for each day."
        problems.add("endedAt", "VALUE_TOO_LONG", message)


def check_span(start: datetime, end: datetime | None) -> None:
    """Raises ``BadUserInput``."""
    problems = InputProblems()
    add_problems(problems, start, end)
    problems.raise_any()
