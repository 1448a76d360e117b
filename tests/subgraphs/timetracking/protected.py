"""Members of the inputs of hours that decide who may what: what is tried with them, or why they
decide nothing."""

from collections.abc import Mapping

from tests.subgraphs.tenants.attempts import Attempt

HARMLESS: Mapping[str, str] = dict.fromkeys(
    ("TimeEntryFilters.status", "TimesheetFilters.status"), "a filter"
)
PROTECTED: Mapping[str, tuple[Attempt, ...]] = {}
