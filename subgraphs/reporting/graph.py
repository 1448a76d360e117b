"""Reporting in the graph: the root fields, and the subgraph that the router runs."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import date
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID
from strawberry.federation.schema_directives import Cost, RequiresScopes

from trellis.db.jobs import Job
from trellis.db.outbox import Envelope
from trellis.db.subgraph import MakeSubgraph, define_subgraph
from trellis.db.subscriptions import changed_rows
from trellis.schema.dialects import dialect_tags
from trellis.schema.directives import Live, RateLimit
from trellis.schema.events.reporting import REPORT_CHANGES
from trellis.schema.inputs import Id, InputProblems, known_id
from trellis.schema.list_sizes import EITHER_WAY, list_size
from trellis.schema.paging import Connection, PageRequest
from trellis.schema.public_url import unfit_public_url
from trellis.schema.references import load_one
from trellis.subgraphs.reporting import models, queries, retention, seed
from trellis.subgraphs.reporting.definitions import DEFINITIONS
from trellis.subgraphs.reporting.errors import FiguresNotYours, ReportNotFound
from trellis.subgraphs.reporting.inputs import (
    GenerateReportInput,
    ReportFilters,
    ReportFiltersInput,
    TimeZone,
)
from trellis.subgraphs.reporting.loaders import Loaders
from trellis.subgraphs.reporting.read_models import REPLICAS
from trellis.subgraphs.reporting.report_types import Report, ReportDefinition
from trellis.subgraphs.reporting.store import open_content
from trellis.subgraphs.reporting.types import (
    READ,
    WRITE,
    Ctx,
    TimeAnalytics,
    asked_period,
    own_zone,
)
from trellis.subgraphs.reporting.use_cases import expiry, generation, requests

_CHANGES = {kind.topic for kind in REPORT_CHANGES}
_KINDS = list_size(len(DEFINITIONS))


@strawberry.type
class ReportPayload:
    report: Report


@strawberry.type
class Query:
    @strawberry.federation.field(requires_scopes=READ, directives=[_KINDS])
    async def report_definitions(self) -> list[ReportDefinition] | None:
        """The kinds of reports that there are, with their parameters."""
        return [ReportDefinition.of(one) for one in DEFINITIONS.values()]

    @strawberry.federation.field(requires_scopes=READ)
    async def report(self, info: Ctx, id: ID) -> Report | None:
        """One of the caller's own reports."""
        row = await load_one(info.context.loaders.report, id)
        return Report.of(row) if row else None

    @strawberry.federation.field(requires_scopes=READ, directives=[EITHER_WAY])
    async def reports(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filters: ReportFiltersInput | None = None,
    ) -> Connection[Report] | None:
        """The caller's own reports, newest first."""
        context, page = info.context, PageRequest.of(first, after, last, before)
        wanted = filters.checked() if filters else ReportFilters()
        statement = queries.matching(context.caller, wanted.status, wanted.definition_id)
        return Connection.of(Report.of, await context.page(statement, models.Report, page))

    @strawberry.federation.field(requires_scopes=READ, directives=[Cost(weight=10)])
    async def time_analytics(
        self,
        info: Ctx,
        user_id: Id | None = None,
        project_id: Id | None = None,
        start_date: date | None = None,
        end_date: date | None = None,
        time_zone: TimeZone | None = None,
    ) -> TimeAnalytics | None:
        """The hours of a person, of a project, or of a person in a project; without both the
        caller's own. Without dates those of the last thirty days, in the caller's time zone."""
        problems, context = InputProblems(), info.context
        user = problems.id("userId", user_id) if user_id is not None else None
        project = problems.id("projectId", project_id) if project_id is not None else None
        problems.raise_any()
        period = await asked_period(info, start_date, end_date, time_zone)
        whose = context.caller.id if user is None and project is None else user
        async with context.storage.read() as session:
            found = await queries.time_figures(
                session, context.caller, period, user_id=whose, project_id=project
            )
        if found is None:
            raise FiguresNotYours
        return TimeAnalytics.of(found)


@strawberry.type
class Mutation:
    @strawberry.federation.mutation(
        requires_scopes=WRITE,
        directives=[Cost(weight=20), RateLimit(limit=100, window=3600, key="user")],
    )
    async def generate_report(self, info: Ctx, input: GenerateReportInput) -> ReportPayload | None:
        """Ask for a report. It is generated later: read it again, or subscribe to it."""
        new = input.checked(await own_zone(info))
        row = await info.context.transact(requests.request_report, new)
        return ReportPayload(report=Report.of(row))

    @strawberry.federation.mutation(requires_scopes=WRITE)
    async def cancel_report(self, info: Ctx, id: ID) -> ReportPayload | None:
        """Give up a report that is being generated."""
        wanted = known_id(id, ReportNotFound)
        row = await info.context.transact(requests.cancel_report, wanted)
        return ReportPayload(report=Report.of(row))


@strawberry.type
class Subscription:
    @strawberry.subscription(directives=[RequiresScopes(scopes=READ), Live(resumed_by=["after"])])
    async def report_updated(
        self, info: Ctx, id: ID, after: str | None = None
    ) -> AsyncGenerator[Report | None, None]:
        """The caller's report, each time it has come further.

        Ends with NOT_FOUND when it is gone. With ``after`` (an ``eventCursor``) it begins with
        what was missed.
        """
        wanted, context = known_id(id, ReportNotFound), info.context

        async def require() -> None:
            if await context.loaders.report.load(wanted) is None:
                raise ReportNotFound(id)

        def id_of(event: Envelope) -> UUID | None:
            return wanted if event.topic in _CHANGES and event.key == str(wanted) else None

        changes = changed_rows(
            context, after, id_of, lambda loaders: loaders.report, require=require
        )
        async with aclosing(changes) as found:
            async for row, cursor in found:
                yield Report.of(row, event_cursor=cursor)


JOBS = (
    Job("generation of reports", 0.5, generation.generate_all, check=retention.keep_for),
    Job("removal of old reports", 600.0, expiry.expire_all),
)


def define(jobs: Sequence[Job]) -> MakeSubgraph:
    """How to make the subgraph with what it does again and again while it runs."""
    return define_subgraph(
        "reporting",
        models.Base,
        Query,
        Mutation,
        Subscription,
        loaders=Loaders,
        replicas=REPLICAS,
        seed=seed.write_demo_data,
        jobs=jobs,
        env_settings=retention.SETTINGS,
        open_content=open_content,
        unfit_for_production=unfit_public_url,
        tags=dialect_tags(),
    )


make_subgraph = define(JOBS)

subgraph = make_subgraph()
