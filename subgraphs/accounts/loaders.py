"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from strawberry.dataloader import DataLoader

from trellis.db.models import utc_now
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.schema.paging import Page, PageRequest
from trellis.subgraphs.accounts import queries
from trellis.subgraphs.accounts.models import (
    Invitation,
    MembershipRole,
    OrganizationMember,
    Team,
    TeamMember,
    Tier,
)
from trellis.subgraphs.accounts.queries import SeenOrganization, SeenTeam, SeenUser

Key = TypeVar("Key")
Found = TypeVar("Found")
PageKey = tuple[UUID, PageRequest]


class Loaders:
    """Made per operation, so no cached row outlives the caller it was filtered for."""

    def __init__(self, storage: Storage, caller: Identity) -> None:
        def batched(
            query: Callable[[AsyncSession, list[Key]], Awaitable[Sequence[Found]]],
        ) -> DataLoader[Key, Found]:
            # Batches run concurrently and a session may not: each batch opens its own.
            async def load(keys: list[Key]) -> Sequence[Found]:
                async with storage.read() as session:
                    return await query(session, keys)

            return DataLoader(load_fn=load)  # type: ignore[arg-type]

        def paged(
            query: Callable[
                [AsyncSession, Sequence[UUID], PageRequest], Awaitable[Mapping[UUID, Page[Found]]]
            ],
        ) -> DataLoader[PageKey, Page[Found]]:
            return batched(lambda session, keys: _in_groups(session, keys, query))

        self.user: DataLoader[UUID, SeenUser | None] = batched(
            lambda session, ids: queries.users_by_id(session, caller, ids)
        )
        self.user_by_username: DataLoader[str, SeenUser | None] = batched(
            lambda session, keys: queries.users_by_username(session, caller, keys)
        )
        self.organization: DataLoader[UUID, SeenOrganization | None] = batched(
            lambda session, ids: queries.organizations_by_id(session, caller, ids)
        )
        self.organization_tier: DataLoader[UUID, Tier] = batched(
            lambda session, ids: queries.organization_tiers(session, ids, utc_now())
        )
        self.team: DataLoader[UUID, SeenTeam | None] = batched(
            lambda session, ids: queries.teams_by_id(session, caller, ids)
        )
        self.memberships: DataLoader[UUID, list[OrganizationMember]] = batched(
            lambda session, ids: queries.memberships_by_user(session, caller, ids)
        )
        self.organization_role: DataLoader[UUID, MembershipRole | None] = batched(
            lambda session, ids: queries.organization_roles(session, caller.id, ids)
        )
        self.team_role: DataLoader[UUID, MembershipRole | None] = batched(
            lambda session, ids: queries.team_roles(session, caller.id, ids)
        )
        self.organization_size: DataLoader[UUID, int] = batched(queries.organization_sizes)
        self.team_size: DataLoader[UUID, int] = batched(queries.team_sizes)
        self.organization_members: DataLoader[PageKey, Page[OrganizationMember]] = paged(
            queries.organization_member_pages
        )
        self.team_members: DataLoader[PageKey, Page[TeamMember]] = paged(queries.team_member_pages)
        self.teams: DataLoader[PageKey, Page[Team]] = paged(
            lambda session, ids, page: queries.team_pages(session, caller, ids, page)
        )
        self.invitations: DataLoader[UUID, list[Invitation]] = batched(
            lambda session, ids: queries.invitations_by_organization(session, ids, utc_now())
        )
        self.team_count: DataLoader[UUID, int] = batched(
            lambda session, ids: _in_order(ids, queries.team_counts(session, caller, ids))
        )


async def _in_order(ids: Sequence[UUID], found: Awaitable[Mapping[UUID, int]]) -> list[int]:
    counts = await found
    return [counts[id] for id in ids]


async def _in_groups(
    session: AsyncSession,
    keys: Sequence[PageKey],
    query: Callable[
        [AsyncSession, Sequence[UUID], PageRequest], Awaitable[Mapping[UUID, Page[Found]]]
    ],
) -> list[Page[Found]]:
    """Lists of which the same page is asked are loaded together."""
    groups: dict[PageRequest, list[UUID]] = defaultdict(list)
    for id, page in keys:
        groups[page].append(id)
    found: dict[PageKey, Page[Found]] = {}
    for page, ids in groups.items():
        for id, rows in (await query(session, ids, page)).items():
            found[id, page] = rows
    return [found[key] for key in keys]
