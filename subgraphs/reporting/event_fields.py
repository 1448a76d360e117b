"""What every event about a report begins with."""

from typing import TypedDict
from uuid import UUID

from trellis.subgraphs.reporting.models import Report


class About(TypedDict):
    """The fields of ``ReportEvent``."""

    report_id: UUID
    owner_id: UUID
    project_id: UUID | None
    definition_id: UUID
    name: str
    format: str
    version: int


def about(report: Report) -> About:
    return {
        "report_id": report.id,
        "owner_id": report.owner_id,
        "project_id": report.project_id,
        "definition_id": report.definition_id,
        "name": report.name,
        "format": report.format.value,
        "version": report.version,
    }
