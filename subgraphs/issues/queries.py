"""Every SELECT of issues. What the caller may not see does not exist."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, exists, false, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from trellis.db.paging import (
    SortColumn,
    count_by_parent,
    count_of,
    instant,
    page_of,
    pages_by_parent,
)
from trellis.schema.identity import Identity
from trellis.schema.paging import Page, PageRequest
from trellis.subgraphs.issues.models import (
    Attachment,
    Comment,
    Issue,
    IssueLink,
    LinkType,
    Project,
    ProjectMember,
)
from trellis.subgraphs.issues.vocabulary import StatusCategory, Vocabulary

OLDEST_FIRST = (SortColumn("created_at", instant), SortColumn("id", UUID))


@dataclass(frozen=True, slots=True)
class IssueFilters:
    project_id: UUID | None = None
    assignee_id: UUID | None = None
    reporter_id: UUID | None = None
    status: str | None = None
    priority: str | None = None
    issue_type: str | None = None
    search: str | None = None


def may_see_project(caller: Identity) -> ColumnElement[bool]:
    """Members see their project, issue and project administrators all of their organization.

    Nobody but a platform administrator sees over the border of an organization.
    """
    if caller.id is None:
        return false()
    alive = col(Project.is_deleted).is_(False)
    if caller.is_admin:
        return alive
    homeless = col(Project.organization_id).is_(None)
    at_home = col(Project.organization_id) == caller.tenant_id if caller.tenant_id else false()
    mine = aliased(ProjectMember)
    membership = exists().where(
        col(mine.project_id) == col(Project.id), col(mine.user_id) == caller.id
    )
    if administers_organization(caller, caller.tenant_id):
        return and_(alive, or_(at_home, and_(homeless, membership)))
    return and_(alive, or_(at_home, homeless), membership)


def administers_organization(caller: Identity, organization_id: UUID | None) -> bool:
    """Whether the caller looks after all issues of that organization."""
    if caller.is_admin:
        return True
    own = organization_id is not None and organization_id == caller.tenant_id
    return own and (caller.may("admin:issues") or caller.may("admin:projects"))


def visible_to(caller: Identity) -> Select[Issue]:
    joined = select(Issue).join(Project, col(Project.id) == col(Issue.project_id))
    return joined.where(may_see_project(caller))


def matching(caller: Identity, filters: IssueFilters) -> Select[Issue]:
    """The visible issues that fit all of the filters given."""
    wanted = {
        Issue.project_id: filters.project_id,
        Issue.assignee_id: filters.assignee_id,
        Issue.reporter_id: filters.reporter_id,
        Issue.status: filters.status,
        Issue.priority: filters.priority,
        Issue.issue_type: filters.issue_type,
    }
    conditions: list[ColumnElement[bool]] = [
        col(column) == value for column, value in wanted.items() if value is not None
    ]
    if filters.search:
        texts = (Issue.key, Issue.summary, Issue.description)
        found = (col(text).icontains(filters.search, autoescape=True) for text in texts)
        conditions.append(or_(*found))
    return visible_to(caller).where(*conditions)


async def issues_page(
    session: AsyncSession, caller: Identity, filters: IssueFilters, page: PageRequest
) -> Page[Issue]:
    return await page_of(session, matching(caller, filters), Issue, page)


async def issues_count(session: AsyncSession, caller: Identity, filters: IssueFilters) -> int:
    return await count_of(session, matching(caller, filters))


async def issues_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Issue | None]:
    rows = await session.scalars(visible_to(caller).where(col(Issue.id).in_(ids)))
    found = {issue.id: issue for issue in rows}
    return [found.get(id) for id in ids]


async def issues_by_key(
    session: AsyncSession, caller: Identity, keys: Sequence[str]
) -> list[Issue | None]:
    rows = await session.scalars(visible_to(caller).where(col(Issue.key).in_(keys)))
    found = {issue.key: issue for issue in rows}
    return [found.get(key) for key in keys]


async def issue_for_update(session: AsyncSession, caller: Identity, id: UUID) -> Issue | None:
    """The issue, held against other writers until the transaction ends."""
    statement = visible_to(caller).where(col(Issue.id) == id).with_for_update(of=Issue)
    return (await session.scalars(statement)).one_or_none()


@dataclass(frozen=True, slots=True, eq=False)
class ListOf:
    """A kind of list of issues that hangs on something."""

    parent: SQLColumnExpression[UUID | None]


OF_PROJECT = ListOf(col(Issue.project_id))
OF_ASSIGNEE = ListOf(col(Issue.assignee_id))
OF_REPORTER = ListOf(col(Issue.reporter_id))


async def issue_lists(
    session: AsyncSession,
    caller: Identity,
    kind: ListOf,
    ids: Sequence[UUID],
    *,
    filters: IssueFilters,
    page: PageRequest,
) -> Mapping[UUID, Page[Issue]]:
    """One page of each list in one statement."""
    statement = matching(caller, filters)
    return await pages_by_parent(session, statement, Issue, kind.parent, ids, page)


async def issue_list_counts(
    session: AsyncSession,
    caller: Identity,
    kind: ListOf,
    ids: Sequence[UUID],
    *,
    filters: IssueFilters,
) -> Mapping[UUID, int]:
    return await count_by_parent(session, matching(caller, filters), kind.parent, ids)


async def project(session: AsyncSession, caller: Identity, id: UUID) -> Project | None:
    """A project the caller may see, as issues know it."""
    statement = select(Project).where(may_see_project(caller), col(Project.id) == id)
    return (await session.scalars(statement)).one_or_none()


async def member(session: AsyncSession, project_id: UUID, user_id: UUID) -> ProjectMember | None:
    return await session.get(ProjectMember, (project_id, user_id))


async def statistics_by_project(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> dict[UUID, dict[StatusCategory, int]]:
    """How many issues are in each category; projects that the caller may not see are absent."""
    seen = select(Project).where(may_see_project(caller), col(Project.id).in_(ids))
    words = {row.id: Vocabulary.read(row.settings) for row in await session.scalars(seen)}
    found = {id: dict.fromkeys(StatusCategory, 0) for id in words}
    counted = await session.execute(
        select(Issue.project_id, Issue.status, func.count())
        .where(col(Issue.project_id).in_(list(words)))
        .group_by(col(Issue.project_id), col(Issue.status))
    )
    for project_id, status, count in counted:
        found[project_id][words[project_id].category(status)] += count
    return found


@dataclass(frozen=True, slots=True)
class SeenLink:
    """A link as seen from one of its ends; ``type`` is turned round at the target's end."""

    id: UUID
    type: str
    issue: Issue


_INVERSE = {
    LinkType.BLOCKS: "is_blocked_by",
    LinkType.DUPLICATES: "is_duplicated_by",
    LinkType.RELATES_TO: "relates_to",
}


async def links_by_issue(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> dict[UUID, list[SeenLink]]:
    """Links from both ends, without those to issues that the caller may not see."""
    here = or_(col(IssueLink.source_id).in_(ids), col(IssueLink.target_id).in_(ids))
    statement = select(IssueLink).where(here).order_by(col(IssueLink.created_at), col(IssueLink.id))
    links = list(await session.scalars(statement))
    ends = {end for link in links for end in (link.source_id, link.target_id)}
    others = await issues_by_id(session, caller, sorted(ends)) if ends else []
    issues = {issue.id: issue for issue in others if issue is not None}
    seen: dict[UUID, list[SeenLink]] = defaultdict(list)
    for link in links:
        if link.target_id in issues:
            forward = SeenLink(link.id, link.type.value, issues[link.target_id])
            seen[link.source_id].append(forward)
        if link.source_id in issues:
            backward = SeenLink(link.id, _INVERSE[link.type], issues[link.source_id])
            seen[link.target_id].append(backward)
    return seen


async def links_of(session: AsyncSession, issue_id: UUID) -> list[IssueLink]:
    """All links of an issue, seen or not."""
    here = or_(col(IssueLink.source_id) == issue_id, col(IssueLink.target_id) == issue_id)
    return list(await session.scalars(select(IssueLink).where(here)))


async def link(session: AsyncSession, caller: Identity, id: UUID) -> IssueLink | None:
    """A link of which the caller sees both ends."""
    seen = visible_to(caller).with_only_columns(col(Issue.id))
    statement = select(IssueLink).where(
        col(IssueLink.id) == id,
        col(IssueLink.source_id).in_(seen),
        col(IssueLink.target_id).in_(seen),
    )
    return (await session.scalars(statement)).one_or_none()


async def comment_pages(
    session: AsyncSession, ids: Sequence[UUID], page: PageRequest
) -> Mapping[UUID, Page[Comment]]:
    """Comments of issues that the caller has seen already, oldest first."""
    return await pages_by_parent(
        session, select(Comment), Comment, col(Comment.issue_id), ids, page, OLDEST_FIRST
    )


async def comment_counts(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, int]:
    return await count_by_parent(session, select(Comment), col(Comment.issue_id), ids)


async def comments_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Comment | None]:
    statement = (
        select(Comment)
        .join(Issue, col(Issue.id) == col(Comment.issue_id))
        .join(Project, col(Project.id) == col(Issue.project_id))
        .where(may_see_project(caller), col(Comment.id).in_(ids))
    )
    found = {comment.id: comment for comment in await session.scalars(statement)}
    return [found.get(id) for id in ids]


async def attachments_by_issue(
    session: AsyncSession, ids: Sequence[UUID]
) -> dict[UUID, list[Attachment]]:
    """Attachments of issues that the caller has seen already, oldest first."""
    statement = (
        select(Attachment)
        .where(col(Attachment.issue_id).in_(ids))
        .order_by(col(Attachment.created_at), col(Attachment.id))
    )
    attachments: dict[UUID, list[Attachment]] = defaultdict(list)
    for attachment in await session.scalars(statement):
        attachments[attachment.issue_id].append(attachment)
    return attachments


async def attachments_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Attachment | None]:
    statement = (
        select(Attachment)
        .join(Issue, col(Issue.id) == col(Attachment.issue_id))
        .join(Project, col(Project.id) == col(Issue.project_id))
        .where(may_see_project(caller), col(Attachment.id).in_(ids))
    )
    found = {attachment.id: attachment for attachment in await session.scalars(statement)}
    return [found.get(id) for id in ids]
