"""What can be done with issues: one function per use case, each inside one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.identity import Identity
from trellis.subgraphs.issues import queries
from trellis.subgraphs.issues.errors import (
    AlreadyLinked,
    AssigneeNotMember,
    IssueChanged,
    IssueHasLinks,
    IssueNotFound,
    IssueNotYours,
    LinkNotFound,
    LinkNotPossible,
    ProjectNotFound,
    TooManyLinks,
    WordNotInVocabulary,
)
from trellis.subgraphs.issues.events import (
    CommentAdded,
    IssueAssigned,
    IssueCreated,
    IssueDeleted,
    IssuesLinked,
    IssueStatusChanged,
    IssuesUnlinked,
    IssueUpdated,
    about,
    state_of,
)
from trellis.subgraphs.issues.models import (
    Comment,
    Issue,
    IssueCounter,
    IssueLink,
    LinkType,
    Project,
)
from trellis.subgraphs.issues.queries import administers_organization
from trellis.subgraphs.issues.vocabulary import Vocabulary

MAX_LINKS = 100
_MANAGING_ROLES = ("owner", "admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIssue:
    """A checked wish for an issue; absent words are the project's defaults."""

    project_id: UUID
    summary: str
    description: str | None = None
    issue_type: str | None = None
    priority: str | None = None
    assignee_id: UUID | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)


async def create_issue(uow: UnitOfWork, caller: Identity, wish: NewIssue) -> Issue:
    """Make an issue in the project's initial status, reported by the caller."""
    assert caller.id is not None
    project = await queries.project(uow.session, caller, wish.project_id)
    if project is None:
        raise ProjectNotFound(wish.project_id)
    words = Vocabulary.read(project.settings)
    await _require_assignable(uow, project.id, wish.assignee_id)
    number = await _next_number(uow, project)
    issue = Issue(
        project_id=project.id,
        number=number,
        key=f"{project.key}-{number}",
        summary=wish.summary,
        description=wish.description,
        issue_type=_word("issueType", wish.issue_type or words.default_type, words.issue_types),
        status=words.initial_status,
        priority=_word("priority", wish.priority or words.default_priority, words.priorities),
        assignee_id=wish.assignee_id,
        reporter_id=caller.id,
        custom_fields=dict(wish.custom_fields),
    )
    uow.session.add(issue)
    await uow.session.flush()
    uow.emit(IssueCreated(**about(issue), state=state_of(issue)))
    if issue.assignee_id is not None:
        uow.emit(IssueAssigned(**about(issue), assignee_id=issue.assignee_id))
    return issue


async def update_issue(
    uow: UnitOfWork,
    caller: Identity,
    id: UUID,
    changes: Mapping[str, Any],
    *,
    version: int | None = None,
) -> Issue:
    """Set the given members. With ``version`` the issue must still have it."""
    issue = await _visible(uow, caller, id)
    if version is not None and issue.version != version:
        raise IssueChanged(issue.version)
    await _check_changes(uow, caller, issue, changes)
    changed = tuple(name for name, value in changes.items() if getattr(issue, name) != value)
    if not changed:
        return issue
    old_status = issue.status
    for name in changed:
        setattr(issue, name, changes[name])
    await uow.session.flush()
    uow.emit(IssueUpdated(**about(issue), changed=changed, state=state_of(issue)))
    if "status" in changed:
        moved = IssueStatusChanged(**about(issue), old_status=old_status, new_status=issue.status)
        uow.emit(moved)
    if "assignee_id" in changed:
        uow.emit(IssueAssigned(**about(issue), assignee_id=issue.assignee_id))
    return issue


async def delete_issue(uow: UnitOfWork, caller: Identity, id: UUID) -> None:
    """Remove an issue that nothing is linked with: for its reporter and for project managers."""
    issue = await _visible(uow, caller, id)
    if issue.reporter_id != caller.id and not await _manages(uow, caller, issue.project_id):
        raise IssueNotYours("the reporter and those who manage the project")
    if await queries.links_of(uow.session, id):
        raise IssueHasLinks
    # Nobody links it meanwhile: whoever makes a link holds both of its ends.
    news = about(issue)
    await uow.session.delete(issue)
    await uow.session.flush()
    uow.emit(IssueDeleted(**news))


async def link_issues(
    uow: UnitOfWork, caller: Identity, source_id: UUID, target_id: UUID, type: LinkType
) -> IssueLink:
    """Link two issues that the caller sees, each of which may have ``MAX_LINKS``."""
    if source_id == target_id:
        raise LinkNotPossible("An issue cannot be linked with itself.")
    # In one order whoever comes first, so that two writers cannot wait for one another.
    held = {id: await _visible(uow, caller, id) for id in sorted((source_id, target_id))}
    source = held[source_id]
    links = await queries.links_of(uow.session, source_id)
    turned = {(link.source_id, link.type) for link in links if link.target_id == source_id}
    if (target_id, type) in turned:
        if type is LinkType.RELATES_TO:
            raise AlreadyLinked
        raise LinkNotPossible("The two issues are linked the other way round.")
    for ends in (links, await queries.links_of(uow.session, target_id)):
        if len(ends) >= MAX_LINKS:
            raise TooManyLinks(MAX_LINKS)
    if any(link.target_id == target_id and link.type is type for link in links):
        raise AlreadyLinked
    link = IssueLink(source_id=source_id, target_id=target_id, type=type)
    uow.session.add(link)
    await uow.session.flush()
    uow.emit(IssuesLinked(**about(source), target_id=target_id, type=type))
    return link


async def unlink_issues(uow: UnitOfWork, caller: Identity, link_id: UUID) -> IssueLink:
    """Remove a link between two issues that the caller sees."""
    link = await queries.link(uow.session, caller, link_id)
    if link is None:
        raise LinkNotFound(link_id)
    [source] = await queries.issues_by_id(uow.session, caller, [link.source_id])
    if source is None:
        raise LinkNotFound(link_id)
    await uow.session.delete(link)
    uow.emit(IssuesUnlinked(**about(source), target_id=link.target_id, type=link.type))
    return link


async def add_comment(uow: UnitOfWork, caller: Identity, issue_id: UUID, content: str) -> Comment:
    """Write a comment under an issue that the caller sees."""
    assert caller.id is not None
    issue = await _visible(uow, caller, issue_id)
    comment = Comment(issue_id=issue_id, author_id=caller.id, content=content)
    uow.session.add(comment)
    await uow.session.flush()
    uow.emit(CommentAdded(**about(issue), comment_id=comment.id, author_id=caller.id))
    return comment


async def _visible(uow: UnitOfWork, caller: Identity, id: UUID) -> Issue:
    issue = await queries.issue_for_update(uow.session, caller, id)
    if issue is None:
        raise IssueNotFound(id)
    return issue


async def _next_number(uow: UnitOfWork, project: Project) -> int:
    """The project's next number; its row is held until the transaction ends, so none is lost."""
    counted = await uow.session.execute(
        update(IssueCounter)
        .where(col(IssueCounter.project_id) == project.id)
        .values(last_number=IssueCounter.last_number + 1)
        .returning(col(IssueCounter.last_number))
    )
    number = counted.scalar_one_or_none()
    if number is None:  # deleted a moment ago
        raise ProjectNotFound(project.id)
    return number


async def _check_changes(
    uow: UnitOfWork, caller: Identity, issue: Issue, changes: Mapping[str, Any]
) -> None:
    project = await queries.project(uow.session, caller, issue.project_id)
    if project is None:
        raise IssueNotFound(issue.id)
    words = Vocabulary.read(project.settings)
    allowed = {
        "issue_type": ("issueType", words.issue_types),
        "priority": ("priority", words.priorities),
        "status": ("status", words.statuses),
    }
    for name, (argument, vocabulary) in allowed.items():
        # A word that was configured once may stay; only a change must use those of today.
        if name in changes and changes[name] != getattr(issue, name):
            _word(argument, changes[name], vocabulary)
    assignee = changes.get("assignee_id")
    if assignee != issue.assignee_id:
        await _require_assignable(uow, issue.project_id, assignee)


async def _require_assignable(uow: UnitOfWork, project_id: UUID, user_id: UUID | None) -> None:
    if user_id is not None and await queries.member(uow.session, project_id, user_id) is None:
        raise AssigneeNotMember


async def _manages(uow: UnitOfWork, caller: Identity, project_id: UUID) -> bool:
    assert caller.id is not None
    project = await uow.session.get(Project, project_id)
    if project is not None and administers_organization(caller, project.organization_id):
        return True
    membership = await queries.member(uow.session, project_id, caller.id)
    return membership is not None and membership.role in _MANAGING_ROLES


def _word(field: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise WordNotInVocabulary(field, allowed)
    return value
