"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from collections.abc import Mapping
from uuid import UUID

from strawberry.dataloader import DataLoader

from trellis.db.batching import in_groups
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.schema.paging import Page, PageRequest
from trellis.subgraphs.issues import queries
from trellis.subgraphs.issues.models import Attachment, Comment, Issue
from trellis.subgraphs.issues.queries import IssueFilters, ListOf, SeenLink
from trellis.subgraphs.issues.vocabulary import StatusCategory

IssueList = tuple[ListOf, IssueFilters, PageRequest]
IssueCount = tuple[ListOf, IssueFilters]


class Loaders:
    """Made per operation, so no cached row outlives the caller it was filtered for."""

    def __init__(self, storage: Storage, caller: Identity) -> None:
        # Batches run concurrently and a session may not: each batch opens its own.
        async def issues(ids: list[UUID]) -> list[Issue | None]:
            async with storage.read() as session:
                return await queries.issues_by_id(session, caller, ids)

        async def issues_by_key(keys: list[str]) -> list[Issue | None]:
            async with storage.read() as session:
                return await queries.issues_by_key(session, caller, keys)

        async def links(ids: list[UUID]) -> list[list[SeenLink]]:
            async with storage.read() as session:
                found = await queries.links_by_issue(session, caller, ids)
            return [found.get(id, []) for id in ids]

        async def attachments(ids: list[UUID]) -> list[list[Attachment]]:
            async with storage.read() as session:
                found = await queries.attachments_by_issue(session, ids)
            return [found.get(id, []) for id in ids]

        async def comment(ids: list[UUID]) -> list[Comment | None]:
            async with storage.read() as session:
                return await queries.comments_by_id(session, caller, ids)

        async def attachment(ids: list[UUID]) -> list[Attachment | None]:
            async with storage.read() as session:
                return await queries.attachments_by_id(session, caller, ids)

        async def statistics(ids: list[UUID]) -> list[dict[StatusCategory, int] | None]:
            async with storage.read() as session:
                found = await queries.statistics_by_project(session, caller, ids)
            return [found.get(id) for id in ids]

        self.issue = DataLoader(issues)
        self.issue_by_key = DataLoader(issues_by_key)
        self.links = DataLoader(links)
        self.attachments = DataLoader(attachments)
        self.comment = DataLoader(comment)
        self.attachment = DataLoader(attachment)
        self.statistics = DataLoader(statistics)
        self._lists_of_issues(storage, caller)
        self._lists_of_comments(storage)

    def _lists_of_issues(self, storage: Storage, caller: Identity) -> None:
        async def lists(keys: list[tuple[IssueList, UUID]]) -> list[Page[Issue]]:
            async def load(asked: IssueList, ids: list[UUID]) -> Mapping[UUID, Page[Issue]]:
                kind, filters, page = asked
                async with storage.read() as session:
                    return await queries.issue_lists(
                        session, caller, kind, ids, filters=filters, page=page
                    )

            return await in_groups(keys, load)

        async def counts(keys: list[tuple[IssueCount, UUID]]) -> list[int]:
            async def load(asked: IssueCount, ids: list[UUID]) -> Mapping[UUID, int]:
                kind, filters = asked
                async with storage.read() as session:
                    return await queries.issue_list_counts(
                        session, caller, kind, ids, filters=filters
                    )

            return await in_groups(keys, load)

        self.issue_list = DataLoader(lists)
        self.issue_list_count = DataLoader(counts)

    def _lists_of_comments(self, storage: Storage) -> None:
        async def lists(keys: list[tuple[PageRequest, UUID]]) -> list[Page[Comment]]:
            async def load(page: PageRequest, ids: list[UUID]) -> Mapping[UUID, Page[Comment]]:
                async with storage.read() as session:
                    return await queries.comment_pages(session, ids, page)

            return await in_groups(keys, load)

        async def counts(ids: list[UUID]) -> list[int]:
            async with storage.read() as session:
                found = await queries.comment_counts(session, ids)
            return [found[id] for id in ids]

        self.comment_list = DataLoader(lists)
        self.comment_count = DataLoader(counts)
