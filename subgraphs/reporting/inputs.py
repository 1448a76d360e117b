"""The input types of reporting, and how they are checked."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import ID

from trellis.schema.directives import Constraint
from trellis.schema.inputs import InputProblems, as_uuid
from trellis.schema.scalars import JSON
from trellis.schema.times import known_time_zones
from trellis.subgraphs.reporting.definitions import (
    DEFINITIONS,
    ParameterType,
    checked_parameters,
)
from trellis.subgraphs.reporting.errors import DefinitionNotFound
from trellis.subgraphs.reporting.models import ReportFormat, ReportStatus
from trellis.subgraphs.reporting.use_cases.requests import NewReport

# Models know nothing of GraphQL: here they become known to it.
strawberry.enum(ReportStatus)
strawberry.enum(ReportFormat)
strawberry.enum(ParameterType, name="ReportParameterType")

TimeZone = Annotated[str, Constraint(format="TIME_ZONE")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFilters:
    status: tuple[ReportStatus, ...] | None = None
    definition_id: UUID | None = None


@strawberry.input(name="ReportFilters", description="Only reports that match all members given.")
class ReportFiltersInput:
    status: list[ReportStatus] | None = strawberry.field(default=None, description="one of these")
    definition_id: ID | None = None

    def checked(self) -> ReportFilters:
        """Raises ``BadUserInput``."""
        problems = InputProblems()
        wanted = self.definition_id
        id = problems.id("definitionId", wanted) if wanted is not None else None
        problems.raise_any()
        status = tuple(dict.fromkeys(self.status)) if self.status is not None else None
        return ReportFilters(status=status, definition_id=id)


@strawberry.input
class GenerateReportInput:
    definition_id: ID
    parameters: JSON | None = strawberry.field(
        default=None,
        description='by the names of the definition: strings, and for a date range {"start": '
        '"2026-01-01", "end": "2026-01-31"}',
    )
    format: ReportFormat = ReportFormat.JSON
    time_zone: TimeZone | None = strawberry.field(
        default=None, description="the time zone of the days; that of the caller if absent"
    )

    def checked(self, own_zone: str) -> NewReport:
        """Raises ``DefinitionNotFound``, and ``BadUserInput`` with everything that is not
        acceptable."""
        id = as_uuid(self.definition_id)
        definition = DEFINITIONS.get(id) if id is not None else None
        if definition is None:
            raise DefinitionNotFound(self.definition_id)
        problems = InputProblems()
        given = {} if self.parameters is None else self.parameters
        parameters = checked_parameters(problems, definition, given)
        zone = own_zone if self.time_zone is None else self.time_zone
        if zone not in known_time_zones():
            message = "timeZone must be a name such as UTC or Europe/Paris."
            problems.add("timeZone", "INVALID_FORMAT", message)
        problems.raise_any()
        return NewReport(
            definition=definition, parameters=parameters, format=self.format, timezone=zone
        )
