"""What can be asked of accounts."""

from functools import partial
from uuid import UUID

import strawberry
import strawberry.federation
from strawberry import ID

from trellis.schema.inputs import as_uuid
from trellis.schema.list_sizes import EITHER_WAY, FORWARD
from trellis.schema.paging import Connection, PageRequest, SortOrder
from trellis.subgraphs.accounts import models, queries
from trellis.subgraphs.accounts.errors import (
    AdministratorsOnly,
    DetailsNotShown,
)
from trellis.subgraphs.accounts.graph.inputs import UserFiltersInput
from trellis.subgraphs.accounts.graph.types import Ctx, Organization, Team, User
from trellis.subgraphs.accounts.queries import GroupSort, UserFilters, UserSort

strawberry.enum(UserSort)
strawberry.enum(GroupSort)


@strawberry.type
class PeopleQuery:
    @strawberry.federation.field(authenticated=True, description="The user who is signed in.")
    async def me(self, info: Ctx) -> User | None:
        return User.seen(info, await info.context.loaders.user.load(info.context.caller_id))

    @strawberry.federation.field(
        authenticated=True,
        description="A user, by id or by username; null if the caller may not see the user.",
    )
    async def user(
        self, info: Ctx, id: ID | None = None, username: str | None = None
    ) -> User | None:
        info.context.require_look()
        loaders, wanted = info.context.loaders, as_uuid(id) if id is not None else None
        if wanted is not None:
            seen = await loaders.user.load(wanted)
        elif username is not None:
            seen = await loaders.user_by_username.load(username.lower())
        else:
            seen = None
        if seen is None or not seen.is_visible or seen.row.is_forgotten:
            return None
        return User.seen(info, seen)

    @strawberry.federation.field(
        directives=[EITHER_WAY],
        authenticated=True,
        description="The users that the caller may see, newest first.",
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
        sort_by: UserSort = UserSort.CREATED_AT,
        sort_order: SortOrder = SortOrder.DESC,
    ) -> Connection[User] | None:
        page = PageRequest.of(first, after, last, before, skip)
        return await _people(info, page, filters, sort_by, sort_order)

    @strawberry.federation.field(
        directives=[EITHER_WAY], authenticated=True, description="All users; administrators only."
    )
    async def all_users(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        skip: int | None = None,
        filters: UserFiltersInput | None = None,
        sort_by: UserSort = UserSort.CREATED_AT,
        sort_order: SortOrder = SortOrder.DESC,
    ) -> Connection[User] | None:
        if not info.context.caller.is_admin:
            raise AdministratorsOnly
        page = PageRequest.of(first, after, last, before, skip)
        return await _people(info, page, filters, sort_by, sort_order)

    @strawberry.federation.field(authenticated=True)
    async def organization(self, info: Ctx, id: ID) -> Organization | None:
        info.context.require_look()
        wanted = as_uuid(id)
        seen = await info.context.loaders.organization.load(wanted) if wanted else None
        return Organization.seen(seen) if seen is not None and seen.is_visible else None

    @strawberry.federation.field(
        directives=[FORWARD],
        authenticated=True,
        description="The organizations of the caller; with `all`, those that the caller may see.",
    )
    async def organizations(
        self,
        info: Ctx,
        first: int | None = None,
        after: str | None = None,
        skip: int | None = None,
        all: bool = False,
        sort_by: GroupSort = GroupSort.CREATED_AT,
        sort_order: SortOrder = SortOrder.DESC,
    ) -> Connection[Organization] | None:
        info.context.require_look()
        context, page = info.context, PageRequest.of(first, after, skip=skip)
        order = sort_by.order(descending=sort_order is SortOrder.DESC)
        statement = queries.organizations_of(context.caller, everybodys=all)
        found = await context.page(statement, models.Organization, page, order)
        return Connection.of(Organization.of, found)

    @strawberry.federation.field(authenticated=True)
    async def team(self, info: Ctx, id: ID) -> Team | None:
        info.context.require_look()
        wanted = as_uuid(id)
        seen = await info.context.loaders.team.load(wanted) if wanted else None
        return Team.seen(seen) if seen is not None and seen.is_visible else None

    @strawberry.federation.field(
        directives=[FORWARD],
        authenticated=True,
        description="Teams of the organizations of the caller, or of one of them.",
    )
    async def teams(
        self,
        info: Ctx,
        organization_id: ID | None = None,
        first: int | None = None,
        after: str | None = None,
        skip: int | None = None,
        sort_by: GroupSort = GroupSort.CREATED_AT,
        sort_order: SortOrder = SortOrder.DESC,
    ) -> Connection[Team] | None:
        info.context.require_look()
        context, page = info.context, PageRequest.of(first, after, skip=skip)
        order = sort_by.order(descending=sort_order is SortOrder.DESC)
        wanted = None
        if organization_id is not None:
            wanted = await _organization_to_look_into(info, organization_id)
        statement = queries.teams_visible_to(context.caller, wanted)
        return Connection.of(Team.of, await context.page(statement, models.Team, page, order))


async def _people(
    info: Ctx,
    page: PageRequest,
    filters: UserFiltersInput | None,
    sort_by: UserSort,
    sort_order: SortOrder,
) -> Connection[User]:
    info.context.require_look()
    context, wanted = info.context, filters.checked() if filters else UserFilters()
    order = sort_by.order(descending=sort_order is SortOrder.DESC)
    statement = queries.matching_users(context.caller, wanted)
    found = await context.page(statement, models.User, page, order)
    return Connection.of(partial(User.of, info), found)


async def _organization_to_look_into(info: Ctx, id: str) -> UUID:
    """The organization whose teams somebody wants: an empty list would look like an answer.

    Raises ``DetailsNotShown`` for outsiders, whether or not there is such an organization.
    """
    wanted = as_uuid(id)
    seen = await info.context.loaders.organization.load(wanted) if wanted else None
    if seen is None or not seen.is_visible:
        raise DetailsNotShown("teams", "members of the organization")
    return seen.row.id
