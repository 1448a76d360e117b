"""The types of reports in the graph."""

from datetime import datetime
from typing import Self

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import Cost

from trellis.db.models import utc_now
from trellis.schema.inputs import as_uuid
from trellis.schema.list_sizes import list_size
from trellis.schema.references import Reference, load_by_id
from trellis.schema.scalars import JSON
from trellis.subgraphs.reporting import definitions, models
from trellis.subgraphs.reporting.definitions import DEFINITIONS, ParameterType
from trellis.subgraphs.reporting.models import ReportFormat, ReportStatus
from trellis.subgraphs.reporting.types import EXPORT, READ, Ctx, Project


@strawberry.type(directives=[Cost(weight=0)])
class ReportParameter:
    name: str
    type: ParameterType
    required: bool
    description: str

    @classmethod
    def of(cls, parameter: definitions.Parameter) -> Self:
        return cls(
            name=parameter.name,
            type=parameter.type,
            required=parameter.required,
            description=parameter.description,
        )


@strawberry.federation.type(
    keys=["id"], description="A kind of report that can be generated.", requires_scopes=READ
)
class ReportDefinition:
    id: ID
    name: str
    description: str
    type: str = strawberry.field(description="summary, analytics or time")
    parameters: list[ReportParameter] = strawberry.field(
        directives=[list_size(definitions.MOST_PARAMETERS)]
    )

    @classmethod
    def of(cls, definition: definitions.Definition) -> Self:
        return cls(
            id=ID(str(definition.id)),
            name=definition.name,
            description=definition.description,
            type=definition.type,
            parameters=[ReportParameter.of(one) for one in definition.parameters],
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        ids = [as_uuid(reference["id"]) for reference in references]
        found = [DEFINITIONS.get(id) if id is not None else None for id in ids]
        return [cls.of(one) if one is not None else None for one in found]


@strawberry.federation.type(
    keys=["id"], description="A report, visible only to its owner.", requires_scopes=READ
)
class Report:
    row: strawberry.Private[models.Report]
    id: ID
    name: str
    definition: ReportDefinition
    project: Project | None = strawberry.field(description="The project that it is about.")
    format: ReportFormat
    parameters: JSON
    time_zone: str
    status: ReportStatus
    progress: int = strawberry.field(description="In percent.")
    error: str | None = strawberry.field(description="Why it failed.")
    estimated_completion: datetime
    created_at: datetime
    generated_at: datetime | None
    expires_at: datetime | None = strawberry.field(
        description="When its data and its file are removed."
    )
    size: int | None = strawberry.field(description="The size of the file in bytes.")
    version: int
    event_cursor: str | None = strawberry.field(
        default=None,
        description="The position of this event in the stream; only in subscriptions. Pass it as "
        "`after` to resume without missing events.",
    )

    @strawberry.federation.field(
        requires_scopes=EXPORT, description="Its data, once it is completed."
    )
    def data(self) -> JSON | None:
        is_there = self.status is ReportStatus.COMPLETED and self.row.data is not None
        return JSON(self.row.data) if is_there else None  # type: ignore[arg-type]

    @strawberry.federation.field(
        requires_scopes=EXPORT,
        description="A link to the file that works without signing in, for 15 minutes. Request it "
        "again for a new one.",
    )
    async def download_url(self, info: Ctx) -> str | None:
        if self.status is not ReportStatus.COMPLETED:
            return None
        return await info.context.loaders.link.load(self.row.id)

    @classmethod
    def of(cls, row: models.Report, *, event_cursor: str | None = None) -> Self:
        is_over = row.expires_at is not None and row.expires_at <= utc_now()
        is_completed = row.status is ReportStatus.COMPLETED
        return cls(
            row=row,
            id=ID(str(row.id)),
            name=row.name,
            definition=ReportDefinition.of(DEFINITIONS[row.definition_id]),
            project=Project(id=ID(str(row.project_id))) if row.project_id else None,
            format=row.format,
            parameters=JSON(row.parameters),  # type: ignore[arg-type]
            time_zone=row.timezone,
            # The job that removes it may come later.
            status=ReportStatus.EXPIRED if is_completed and is_over else row.status,
            progress=row.progress,
            error=row.error,
            estimated_completion=row.estimated_completion,
            created_at=row.created_at,
            generated_at=row.generated_at,
            expires_at=row.expires_at,
            size=row.size,
            version=row.version,
            event_cursor=event_cursor,
        )

    @classmethod
    async def resolve_references(cls, info: Ctx, references: list[Reference]) -> list[Self | None]:
        rows = await load_by_id(info.context.loaders.report, references)
        return [cls.of(row) if row else None for row in rows]
