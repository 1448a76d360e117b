"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from strawberry.dataloader import DataLoader

from db.storage import Storage
from schema.identity import Identity
from schema.paging import Page, PageRequest
from subgraphs.projects import queries
from subgraphs.projects.models import Milestone, Project, ProjectMember
from subgraphs.projects.queries import ListOf

ListKey = tuple[ListOf, UUID, PageRequest]


class Loaders:
    """Made per operation, so no cached row outlives the caller it was filtered for."""

    def __init__(self, storage: Storage, caller: Identity) -> None:
        # Batches run concurrently and a session may not: each batch opens its own.
        async def projects(ids: list[UUID]) -> list[Project | None]:
            async with storage.read() as session:
                return await queries.projects_by_id(session, caller, ids)

        async def projects_by_key(keys: list[str]) -> list[Project | None]:
            async with storage.read() as session:
                return await queries.projects_by_key(session, caller, keys)

        async def members(ids: list[UUID]) -> list[list[ProjectMember]]:
            async with storage.read() as session:
                found = await queries.members_by_project(session, ids)
            return [found.get(id, []) for id in ids]

        async def milestones(ids: list[UUID]) -> list[list[Milestone]]:
            async with storage.read() as session:
                found = await queries.milestones_by_project(session, ids)
            return [found.get(id, []) for id in ids]

        async def milestone(ids: list[UUID]) -> list[Milestone | None]:
            async with storage.read() as session:
                return await queries.milestones_by_id(session, caller, ids)

        async def lists(keys: list[ListKey]) -> list[Page[Project]]:
            async def load(
                session: AsyncSession, kind: ListOf, page: PageRequest, ids: Sequence[UUID]
            ) -> Mapping[UUID, Page[Project]]:
                return await queries.project_lists(session, caller, kind, ids, page)

            return await _in_groups(storage, keys, load)

        async def counts(keys: list[ListKey]) -> list[int]:
            async def load(
                session: AsyncSession, kind: ListOf, _page: PageRequest, ids: Sequence[UUID]
            ) -> Mapping[UUID, int]:
                return await queries.project_list_counts(session, caller, kind, ids)

            return await _in_groups(storage, keys, load)

        self.project = DataLoader(projects)
        self.project_by_key = DataLoader(projects_by_key)
        self.members = DataLoader(members)
        self.milestones = DataLoader(milestones)
        self.milestone = DataLoader(milestone)
        self.project_list = DataLoader(lists)
        self.project_list_count = DataLoader(counts)


async def _in_groups(
    storage: Storage,
    keys: Sequence[ListKey],
    load: Callable[[AsyncSession, ListOf, PageRequest, Sequence[UUID]], Awaitable[Mapping]],
) -> list[Any]:
    """Lists of the same kind and page are loaded together."""
    groups: dict[tuple[ListOf, PageRequest], list[UUID]] = defaultdict(list)
    for kind, id, page in keys:
        groups[kind, page].append(id)
    found: dict[ListKey, Any] = {}
    async with storage.read() as session:
        for (kind, page), ids in groups.items():
            for id, value in (await load(session, kind, page, ids)).items():
                found[kind, id, page] = value
    return [found[key] for key in keys]
