"""What can be asked of accounts."""

import strawberry
import strawberry.federation
from strawberry import ID

from schema.inputs import as_uuid
from schema.paging import Connection, PageRequest
from subgraphs.accounts import queries
from subgraphs.accounts.errors import OrganizationNotFound
from subgraphs.accounts.graph.inputs import UserFiltersInput
from subgraphs.accounts.graph.types import Ctx, Organization, Team, User, connection
from subgraphs.accounts.queries import UserFilters


@strawberry.type
class PeopleQuery:
    @strawberry.federation.field(authenticated=True, description="Who is signed in.")
    async def me(self, info: Ctx) -> User | None:
        return User.seen(info, await info.context.loaders.user.load(info.context.caller_id))

    @strawberry.federation.field(
        authenticated=True, description="A colleague, by id or by username; null for strangers."
    )
    async def user(
        self, info: Ctx, id: ID | None = None, username: str | None = None
    ) -> User | None:
        loaders, wanted = info.context.loaders, as_uuid(id) if id is not None else None
        if wanted is not None:
            seen = await loaders.user.load(wanted)
        elif username is not None:
            seen = await loaders.user_by_username.load(username.lower())
        else:
            seen = None
        return User.seen(info, seen) if seen is not None and seen.is_visible else None

    @strawberry.federation.field(
        authenticated=True, description="The people whom the caller may see, newest first."
    )
    async def users(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        skip: int | None = None,
        filters: UserFiltersInput | None = None,
    ) -> Connection[User] | None:
        context, page = info.context, PageRequest.of(first, after, last, before, skip)
        wanted = filters.checked() if filters else UserFilters()
        async with context.storage.read() as session:
            found = await queries.users_page(session, context.caller, wanted, page)

        async def count() -> int:
            async with context.storage.read() as session:
                return await queries.users_count(session, context.caller, wanted)

        return connection([User.of(info, row) for row in found.rows], found, count)

    @strawberry.federation.field(authenticated=True)
    async def organization(self, info: Ctx, id: ID) -> Organization | None:
        wanted = as_uuid(id)
        seen = await info.context.loaders.organization.load(wanted) if wanted else None
        return Organization.seen(seen) if seen is not None and seen.is_visible else None

    @strawberry.federation.field(
        authenticated=True,
        description="The caller's organizations; with all, those that the caller may see.",
    )
    async def organizations(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        skip: int | None = None,
        all: bool = False,
    ) -> Connection[Organization] | None:
        context, page = info.context, PageRequest.of(first, after, skip=skip)
        async with context.storage.read() as session:
            found = await queries.organizations_page(session, context.caller, page, everybodys=all)

        async def count() -> int:
            async with context.storage.read() as session:
                return await queries.organizations_count(session, context.caller, everybodys=all)

        return connection([Organization.of(row) for row in found.rows], found, count)

    @strawberry.federation.field(authenticated=True)
    async def team(self, info: Ctx, id: ID) -> Team | None:
        wanted = as_uuid(id)
        seen = await info.context.loaders.team.load(wanted) if wanted else None
        return Team.seen(seen) if seen is not None and seen.is_visible else None

    @strawberry.federation.field(
        authenticated=True, description="Teams of the caller's organizations, or of one of them."
    )
    async def teams(
        self,
        info: Ctx,
        organization_id: ID | None = None,
        first: int | None = None,
        after: str | None = None,
        skip: int | None = None,
    ) -> Connection[Team] | None:
        context, page = info.context, PageRequest.of(first, after, skip=skip)
        wanted = as_uuid(organization_id) if organization_id is not None else None
        if organization_id is not None and wanted is None:
            raise OrganizationNotFound
        async with context.storage.read() as session:
            found = await queries.teams_page(session, context.caller, wanted, page)

        async def count() -> int:
            async with context.storage.read() as session:
                return await queries.teams_count(session, context.caller, wanted)

        return connection([Team.of(row) for row in found.rows], found, count)
