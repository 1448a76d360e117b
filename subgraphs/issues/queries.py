"""Every SELECT of issues. What the caller may not see does not exist."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.batching import lists_by, rows_by
from trellis.db.paging import ChildRows, SortColumn, instant
from trellis.schema.identity import Identity
from trellis.subgraphs.issues.models import (
    Attachment,
    Comment,
    Issue,
    IssueLink,
    LinkType,
    Project,
    ProjectMember,
    Workflow,
)
from trellis.subgraphs.project_scope.scope import ProjectScope
from trellis.subgraphs.workflow_scope.scope import WorkflowScope
from trellis.subgraphs.workflow_scope.vocabulary import StatusCategory, Vocabulary

PROJECTS = ProjectScope(Project, ProjectMember, "admin:issues")
WORKFLOWS = WorkflowScope(Workflow)
OLDEST_FIRST = (SortColumn("created_at", instant), SortColumn("id", UUID))

Parent = Literal["project_id", "assignee_id", "reporter_id"]
"""What a list of issues hangs on."""


@dataclass(frozen=True, slots=True)
class IssueFilters:
    project_id: UUID | None = None
    assignee_id: UUID | None = None
    reporter_id: UUID | None = None
    status: str | None = None
    priority: str | None = None
    issue_type: str | None = None
    search: str | None = None


def visible_to(caller: Identity) -> Select[Issue]:
    return PROJECTS.within(select(Issue), Issue.project_id, caller)


def matching(caller: Identity, filters: IssueFilters) -> Select[Issue]:
    """The visible issues that match all filters."""
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


async def issues_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Issue | None]:
    return await rows_by(session, visible_to(caller), Issue.id, ids)


async def issues_by_key(
    session: AsyncSession, caller: Identity, keys: Sequence[str]
) -> list[Issue | None]:
    return await rows_by(session, visible_to(caller), Issue.key, keys)


async def issue_for_update(session: AsyncSession, caller: Identity, id: UUID) -> Issue | None:
    """The issue, held against other writers until the transaction ends."""
    statement = visible_to(caller).where(col(Issue.id) == id).with_for_update(of=Issue)
    return (await session.scalars(statement)).one_or_none()


def issues_of(caller: Identity, wanted: tuple[Parent, IssueFilters]) -> ChildRows[Issue]:
    """The issues of projects or people, as the parent says."""
    parent, filters = wanted
    return ChildRows(matching(caller, filters), Issue, col(getattr(Issue, parent)))


async def statistics_by_project(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[dict[StatusCategory, int] | None]:
    """How many issues are in each category; None for projects that the caller may not see."""
    seen = select(Project).where(PROJECTS.may_see(caller), col(Project.id).in_(ids))
    categories = await WORKFLOWS.categories(session, list(await session.scalars(seen)))
    found = {id: dict.fromkeys(StatusCategory, 0) for id in categories}
    kinds = (col(Issue.project_id), col(Issue.issue_type), col(Issue.status))
    counted = await session.execute(
        select(*kinds, func.count())
        .where(col(Issue.project_id).in_(list(categories)))
        .group_by(*kinds)
    )
    for project_id, issue_type, status, count in counted:
        found[project_id][categories[project_id].of(issue_type, status)] += count
    return [found.get(id) for id in ids]


async def known_words(
    session: AsyncSession, caller: Identity, project_id: UUID | None
) -> dict[str, list[str]]:
    """By field the words of one visible project, or of all; those of a new project where the caller
    sees none."""
    here = true() if project_id is None else col(Project.id) == project_id
    seen = PROJECTS.may_see(caller), here
    settings = await session.scalars(select(Project.settings).where(*seen))
    words = [Vocabulary.read(one) for one in settings] or [Vocabulary()]
    of_seen = col(Workflow.project_id).in_(select(Project.id).where(*seen))
    drawn = await session.scalars(select(Workflow.states).where(of_seen))
    states = [state["name"] for states in drawn for state in states]
    found = {
        "status": [*(word for one in words for word in one.statuses), *states],
        "priority": [word for one in words for word in one.priorities],
        "issueType": [word for one in words for word in one.issue_types],
    }
    return {field: list(dict.fromkeys(named)) for field, named in found.items()}


async def workflow(session: AsyncSession, caller: Identity, id: UUID) -> Workflow | None:
    """A workflow of a project that the caller sees."""
    seen = PROJECTS.within(select(Workflow), Workflow.project_id, caller)
    return (await session.scalars(seen.where(col(Workflow.id) == id))).one_or_none()


async def open_links(session: AsyncSession, issue_id: UUID) -> frozenset[str]:
    """The types of the issue's links, as seen from it, to issues that are not closed: also to
    those that the caller may not see."""
    links = await links_of(session, issue_id)
    others = {link.target_id if link.source_id == issue_id else link.source_id for link in links}
    linked = list(await session.scalars(select(Issue).where(col(Issue.id).in_(others))))
    of_linked = select(Project).where(col(Project.id).in_({issue.project_id for issue in linked}))
    categories = await WORKFLOWS.categories(session, list(await session.scalars(of_linked)))
    still_open = {
        issue.id
        for issue in linked
        if categories[issue.project_id].of(issue.issue_type, issue.status)
        is not StatusCategory.CLOSED
    }
    forward = {link.type.value for link in links if link.target_id in still_open}
    backward = {_INVERSE[link.type] for link in links if link.source_id in still_open}
    return frozenset(forward | backward)


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
) -> list[list[SeenLink]]:
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
    return [seen[id] for id in ids]


async def links_of(session: AsyncSession, issue_id: UUID) -> list[IssueLink]:
    """All links of an issue, seen or not."""
    here = or_(col(IssueLink.source_id) == issue_id, col(IssueLink.target_id) == issue_id)
    return list(await session.scalars(select(IssueLink).where(here)))


async def link(session: AsyncSession, caller: Identity, id: UUID) -> IssueLink | None:
    """A link of which the caller sees both ends."""
    seen = visible_to(caller).with_only_columns(col(Issue.id))
    both_ends = col(IssueLink.source_id).in_(seen), col(IssueLink.target_id).in_(seen)
    statement = select(IssueLink).where(col(IssueLink.id) == id, *both_ends)
    return (await session.scalars(statement)).one_or_none()


def comments_of(_caller: Identity, order: Sequence[SortColumn]) -> ChildRows[Comment]:
    """The comments of issues that the caller has seen already."""
    return ChildRows(select(Comment), Comment, col(Comment.issue_id), order)


async def comments_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Comment | None]:
    joined = select(Comment).join(Issue, col(Issue.id) == col(Comment.issue_id))
    seen = PROJECTS.within(joined, Issue.project_id, caller)
    return await rows_by(session, seen, Comment.id, ids)


async def attachments_by_issue(
    session: AsyncSession, ids: Sequence[UUID]
) -> list[list[Attachment]]:
    """Attachments of issues that the caller has seen already, oldest first."""
    statement = select(Attachment).order_by(col(Attachment.created_at), col(Attachment.id))
    return await lists_by(session, statement, Attachment.issue_id, ids)


async def attachments_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Attachment | None]:
    joined = select(Attachment).join(Issue, col(Issue.id) == col(Attachment.issue_id))
    seen = PROJECTS.within(joined, Issue.project_id, caller)
    return await rows_by(session, seen, Attachment.id, ids)
