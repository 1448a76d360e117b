"""Events about generated reports, in the stream of the subgraph ``reporting``.

They report the progress of a report, never its contents.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from trellis.schema.events.event import Event

STREAM = "reporting"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportEvent(Event):
    """``definition_id`` is what it is a report of, ``project_id`` the project it is about, if it
    is about one."""

    report_id: UUID
    owner_id: UUID
    project_id: UUID | None
    definition_id: UUID
    name: str
    format: str
    version: int

    @property
    def key(self) -> str:
        return str(self.report_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRequested(ReportEvent):
    topic: ClassVar[str] = "report.requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportProgressed(ReportEvent):
    """``progress`` is in percent."""

    topic: ClassVar[str] = "report.progressed"
    progress: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCompleted(ReportEvent):
    topic: ClassVar[str] = "report.completed"
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFailed(ReportEvent):
    topic: ClassVar[str] = "report.failed"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCancelled(ReportEvent):
    topic: ClassVar[str] = "report.cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportExpired(ReportEvent):
    """Its data and its file are gone."""

    topic: ClassVar[str] = "report.expired"


REPORT_CHANGES: tuple[type[ReportEvent], ...] = (
    ReportRequested,
    ReportProgressed,
    ReportCompleted,
    ReportFailed,
    ReportCancelled,
    ReportExpired,
)
"""Every event after which a report is to be read again."""
