"""Members of the inputs of reporting that decide who may what: there are none."""

from collections.abc import Mapping

from tests.subgraphs.tenants.attempts import Attempt

HARMLESS: Mapping[str, str] = {
    "ReportFilters.status": "a filter",
    "GenerateReportInput.format": "what kind of file",
}

PROTECTED: Mapping[str, tuple[Attempt, ...]] = {}
