"""What can be done with issues: one function per use case, each inside one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.errors import FieldProblem
from trellis.schema.events.issues import (
    CommentAdded,
    IssueAssigned,
    IssueCreated,
    IssueDeleted,
    IssuesLinked,
    IssueStatusChanged,
    IssuesUnlinked,
    IssueTransitioned,
    IssueUpdated,
)
from trellis.schema.identity import Identity
from trellis.subgraphs.issues import moves, queries
from trellis.subgraphs.issues.errors import (
    AlreadyLinked,
    AssigneeNotMember,
    IssueChanged,
    IssueHasLinks,
    IssueNotFound,
    IssueNotYours,
    LinkNotFound,
    LinkNotPossible,
    TooManyLinks,
    TransitionNotFound,
    WordsNotInVocabulary,
    WorkflowNotFound,
)
from trellis.subgraphs.issues.event_fields import about, state_of
from trellis.subgraphs.issues.models import Comment, Issue, IssueCounter, IssueLink, LinkType
from trellis.subgraphs.issues.moves import Move
from trellis.subgraphs.issues.queries import PROJECTS, WORKFLOWS
from trellis.subgraphs.project_scope.scope import ProjectNotFound
from trellis.subgraphs.workflow_scope.definition import initial_state
from trellis.subgraphs.workflow_scope.vocabulary import Vocabulary

MAX_LINKS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIssue:
    """A checked request for an issue; absent words are the project's defaults."""

    project_id: UUID
    summary: str
    description: str | None = None
    issue_type: str | None = None
    priority: str | None = None
    assignee_id: UUID | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """``source_id`` blocks or duplicates ``target_id``, or relates to it."""

    source_id: UUID
    target_id: UUID
    type: LinkType


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComment:
    issue_id: UUID
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExecution:
    """A wish to move an issue along a transition, and to say something about it."""

    workflow_id: UUID
    issue_id: UUID
    transition_id: UUID
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Executed:
    """What has come of it."""

    issue: Issue
    news: IssueTransitioned
    comment: Comment | None


async def create_issue(uow: UnitOfWork, caller: Identity, new: NewIssue) -> Issue:
    """Make an issue in the initial status of its workflow, or of the project if there is none,
    reported by the caller."""
    assert caller.id is not None
    project = await PROJECTS.require(uow.session, caller, new.project_id)
    words = Vocabulary.read(project.settings)
    issue_type = new.issue_type or words.default_type
    priority = new.priority or words.default_priority
    wanted = {
        "issueType": (issue_type, words.issue_types),
        "priority": (priority, words.priorities),
    }
    await _check_words_and_assignee(uow, project.id, wanted, new.assignee_id)
    workflow = await moves.workflow_in_force(uow, project.id, issue_type)
    number = await _next_number(uow, project.id)
    issue = Issue(
        project_id=project.id,
        number=number,
        key=f"{project.key}-{number}",
        summary=new.summary,
        description=new.description,
        issue_type=issue_type,
        status=initial_state(workflow.definition) if workflow else words.initial_status,
        priority=priority,
        assignee_id=new.assignee_id,
        reporter_id=caller.id,
        custom_fields=dict(new.custom_fields),
    )
    uow.session.add(issue)
    await uow.session.flush()
    uow.emit(IssueCreated(**about(issue), state=state_of(issue)))
    if issue.assignee_id is not None:
        uow.emit(IssueAssigned(**about(issue), assignee_id=issue.assignee_id))
    return issue


async def unknown_words(
    session: AsyncSession, caller: Identity, project_id: UUID, words: Mapping[str, str]
) -> Sequence[FieldProblem]:
    """The problems of words that the project has not; none of a project that is not seen."""
    try:
        project = await PROJECTS.require(session, caller, project_id)
    except ProjectNotFound:
        return ()
    known = Vocabulary.read(project.settings)
    allowed = {"issueType": known.issue_types, "priority": known.priorities}
    wrong = {field: allowed[field] for field, word in words.items() if word not in allowed[field]}
    return WordsNotInVocabulary(wrong).problems if wrong else ()


async def update_issue(
    uow: UnitOfWork,
    caller: Identity,
    id: UUID,
    changes: Mapping[str, Any],
    *,
    version: int | None = None,
) -> Issue:
    """Set the given members. With ``version``, the issue must still have that version.

    A change of status is one that its workflow allows, see ``moves``.
    """
    issue = await _visible(uow, caller, id)
    if version is not None and issue.version != version:
        raise IssueChanged(issue.version)
    move = await _check_changes(uow, caller, issue, changes)
    await _change(uow, issue, changes)
    if move is not None:
        uow.emit(move.news(issue, caller))
    return issue


async def execute_transition(uow: UnitOfWork, caller: Identity, new: NewExecution) -> Executed:
    """Move an issue that the caller sees along a transition of its active workflow."""
    issue = await _visible(uow, caller, new.issue_id)
    await WORKFLOWS.wait_for_changes(uow.session, issue.project_id)
    workflow = await queries.workflow(uow.session, caller, new.workflow_id)
    if workflow is None:
        raise WorkflowNotFound(new.workflow_id)
    move = await moves.move_along(uow, caller, issue, workflow, new.transition_id)
    if move is None:
        raise TransitionNotFound(new.transition_id)
    await _change(uow, issue, {"status": move.transition.to_state})
    news = move.news(issue, caller)
    uow.emit(news)
    comment = None
    if new.comment:
        comment = await add_comment(uow, caller, NewComment(issue_id=issue.id, content=new.comment))
    return Executed(issue, news, comment)


async def _change(uow: UnitOfWork, issue: Issue, changes: Mapping[str, Any]) -> None:
    """Set what is allowed, and announce what is new."""
    changed = tuple(name for name, value in changes.items() if getattr(issue, name) != value)
    if not changed:
        return
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


async def delete_issue(uow: UnitOfWork, caller: Identity, id: UUID) -> None:
    """Remove an issue that nothing is linked with: for its reporter and for project managers."""
    issue = await _visible(uow, caller, id)
    is_reporter = issue.reporter_id == caller.id
    if not is_reporter and not await PROJECTS.manages(uow.session, caller, issue.project_id):
        raise IssueNotYours("the reporter and those who manage the project")
    if await queries.links_of(uow.session, id):
        raise IssueHasLinks
    # Nobody links it meanwhile: whoever makes a link holds both of its ends.
    gone = about(issue)
    await uow.session.delete(issue)
    await uow.session.flush()
    uow.emit(IssueDeleted(**gone))


async def link_issues(uow: UnitOfWork, caller: Identity, new: NewLink) -> IssueLink:
    """Link two issues that the caller sees, each of which may have ``MAX_LINKS``."""
    if new.source_id == new.target_id:
        raise LinkNotPossible("An issue cannot be linked with itself.")
    # In one order whoever comes first, so that two writers cannot wait for one another.
    ends = sorted((new.source_id, new.target_id))
    held = {id: await _visible(uow, caller, id) for id in ends}
    links = await queries.links_of(uow.session, new.source_id)
    turned = {(link.source_id, link.type) for link in links if link.target_id == new.source_id}
    if (new.target_id, new.type) in turned:
        if new.type is LinkType.RELATES_TO:
            raise AlreadyLinked
        raise LinkNotPossible("The two issues are linked the other way round.")
    for others in (links, await queries.links_of(uow.session, new.target_id)):
        if len(others) >= MAX_LINKS:
            raise TooManyLinks(MAX_LINKS)
    if any(link.target_id == new.target_id and link.type is new.type for link in links):
        raise AlreadyLinked
    link = IssueLink(source_id=new.source_id, target_id=new.target_id, type=new.type)
    uow.session.add(link)
    await uow.session.flush()
    source = about(held[new.source_id])
    uow.emit(IssuesLinked(**source, target_id=link.target_id, type=link.type))
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


async def add_comment(uow: UnitOfWork, caller: Identity, new: NewComment) -> Comment:
    """Write a comment under an issue that the caller sees."""
    assert caller.id is not None
    issue = await _visible(uow, caller, new.issue_id)
    comment = Comment(issue_id=issue.id, author_id=caller.id, content=new.content, is_told=True)
    uow.session.add(comment)
    await uow.session.flush()
    uow.emit(
        CommentAdded(
            **about(issue),
            comment_id=comment.id,
            author_id=caller.id,
            content=comment.content,
            created_at=comment.created_at,
        )
    )
    return comment


async def start_counting(uow: UnitOfWork, project_id: UUID) -> None:
    """Create the counter of a project that became known."""
    if await uow.session.get(IssueCounter, project_id) is None:
        uow.session.add(IssueCounter(project_id=project_id))


async def delete_issues_of(uow: UnitOfWork, project_id: UUID) -> None:
    """Remove all issues of a project that was deleted. No event: readers take the project's."""
    await WORKFLOWS.forget(uow, project_id)
    # The counter first: who is just making an issue holds it, who comes later finds none.
    of_project = col(IssueCounter.project_id) == project_id
    await uow.session.execute(delete(IssueCounter).where(of_project))
    gone = select(Issue.id).where(col(Issue.project_id) == project_id).scalar_subquery()
    linked = or_(col(IssueLink.source_id).in_(gone), col(IssueLink.target_id).in_(gone))
    await uow.session.execute(delete(IssueLink).where(linked))
    await uow.session.execute(delete(Issue).where(col(Issue.project_id) == project_id))


async def _visible(uow: UnitOfWork, caller: Identity, id: UUID) -> Issue:
    issue = await queries.issue_for_update(uow.session, caller, id)
    if issue is None:
        raise IssueNotFound(id)
    return issue


async def _next_number(uow: UnitOfWork, project_id: UUID) -> int:
    """The project's next number. Its row is locked until commit, so that no number is lost."""
    counted = await uow.session.execute(
        update(IssueCounter)
        .where(col(IssueCounter.project_id) == project_id)
        .values(last_number=IssueCounter.last_number + 1)
        .returning(col(IssueCounter.last_number))
    )
    number = counted.scalar_one_or_none()
    if number is None:  # deleted a moment ago
        raise ProjectNotFound(project_id)
    return number


async def _check_changes(
    uow: UnitOfWork, caller: Identity, issue: Issue, changes: Mapping[str, Any]
) -> Move | None:
    """The move that they are, if a workflow decides about it. Raises what is wrong with them."""
    project = await PROJECTS.require(uow.session, caller, issue.project_id)
    words = Vocabulary.read(project.settings)
    workflow, statuses = None, words.statuses
    if any(changes.get(name, getattr(issue, name)) != getattr(issue, name) for name in _MOVING):
        issue_type = changes.get("issue_type", issue.issue_type)
        workflow = await moves.workflow_in_force(uow, project.id, issue_type)
    if workflow is not None:
        statuses = tuple(dict.fromkeys((*moves.states_of(workflow), *statuses)))
    allowed = {
        "issue_type": ("issueType", words.issue_types),
        "priority": ("priority", words.priorities),
        "status": ("status", statuses),
    }
    # A word that was configured once may stay; only a change must use those of today.
    wanted = {
        argument: (changes[name], vocabulary)
        for name, (argument, vocabulary) in allowed.items()
        if name in changes and changes[name] != getattr(issue, name)
    }
    assignee = changes.get("assignee_id")
    is_new = assignee != issue.assignee_id
    await _check_words_and_assignee(uow, issue.project_id, wanted, assignee if is_new else None)
    if workflow is None:
        return None
    return await moves.find_move(uow, caller, issue, workflow, changes)


_MOVING = ("status", "issue_type")
"""What the workflow of an issue has a say in."""


async def _check_words_and_assignee(
    uow: UnitOfWork,
    project_id: UUID,
    wanted: Mapping[str, tuple[str, Sequence[str]]],
    assignee_id: UUID | None,
) -> None:
    """All that is wrong at once. ``wanted`` has by field a word and those of the project."""
    wrong = {field: allowed for field, (word, allowed) in wanted.items() if word not in allowed}
    stranger = None
    if assignee_id and not await PROJECTS.role_of(uow.session, project_id, assignee_id):
        stranger = AssigneeNotMember()
    if wrong:
        raise WordsNotInVocabulary(wrong, stranger.problems if stranger else ())
    if stranger:
        raise stranger
