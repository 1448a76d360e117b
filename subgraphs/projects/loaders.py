"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from collections.abc import Mapping
from uuid import UUID

from strawberry.dataloader import DataLoader

from trellis.db.batching import in_groups
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.schema.paging import Page, PageRequest
from trellis.subgraphs.projects import queries
from trellis.subgraphs.projects.models import Milestone, Project, ProjectMember
from trellis.subgraphs.projects.queries import ListOf

ProjectList = tuple[ListOf, PageRequest]


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

        async def lists(keys: list[tuple[ProjectList, UUID]]) -> list[Page[Project]]:
            async def load(asked: ProjectList, ids: list[UUID]) -> Mapping[UUID, Page[Project]]:
                kind, page = asked
                async with storage.read() as session:
                    return await queries.project_lists(session, caller, kind, ids, page)

            return await in_groups(keys, load)

        async def counts(keys: list[tuple[ListOf, UUID]]) -> list[int]:
            async def load(kind: ListOf, ids: list[UUID]) -> Mapping[UUID, int]:
                async with storage.read() as session:
                    return await queries.project_list_counts(session, caller, kind, ids)

            return await in_groups(keys, load)

        self.project = DataLoader(projects)
        self.project_by_key = DataLoader(projects_by_key)
        self.members = DataLoader(members)
        self.milestones = DataLoader(milestones)
        self.milestone = DataLoader(milestone)
        self.project_list = DataLoader(lists)
        self.project_list_count = DataLoader(counts)
