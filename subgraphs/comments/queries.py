"""Every SELECT of comments. What the caller may not see does not exist."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from trellis.db.batching import rows_by
from trellis.db.models import utc_now
from trellis.db.paging import NEWEST_FIRST, ChildRows, SortColumn, instant
from trellis.schema.identity import Identity
from trellis.schema.roles import scopes_of
from trellis.subgraphs.comments.models import (
    Comment,
    CommentMention,
    FileShare,
    Person,
    Project,
    ProjectMember,
    Subject,
    SubjectType,
)
from trellis.subgraphs.project_scope.scope import ProjectScope

PROJECTS = ProjectScope(Project, ProjectMember)
# Whoever looks after issues sees those of all projects, but not what else is in them.
_OF_ISSUES = ProjectScope(Project, ProjectMember, "admin:issues")

OLDEST_FIRST = (SortColumn("created_at", instant), SortColumn("id", UUID))

Parent = Literal["subject_id", "parent_id", "project_id"]
"""What a list of comments hangs on."""


@dataclass(frozen=True, slots=True)
class SubjectRef:
    """The subject of comments."""

    type: SubjectType
    id: UUID


def sees_subject(caller: Identity) -> ColumnElement[bool]:
    """The condition on ``Subject``, joined with its ``Project`` if it has one."""
    if caller.id is None:
        return false()
    ways = [
        PROJECTS.may_see(caller),
        and_(col(Subject.project_id).is_(None), col(Subject.owner_id) == caller.id),
        and_(col(Subject.type) == SubjectType.FILE, _is_shared_with(caller)),
    ]
    if caller.may("admin:issues") and not caller.may("admin:projects"):
        ways.append(and_(col(Subject.type) == SubjectType.ISSUE, _OF_ISSUES.may_see(caller)))
    return and_(col(Subject.is_deleted).is_(False), or_(*ways))


def _is_shared_with(caller: Identity) -> ColumnElement[bool]:
    """Files are shared within an organization: who has left it sees them no longer."""
    share, owner = aliased(FileShare), aliased(Person)
    home, ends = col(owner.organization_id), col(share.expires_at)
    return exists().where(
        col(share.file_id) == col(Subject.id),
        col(share.user_id) == caller.id,
        or_(ends.is_(None), ends > utc_now()),
        col(owner.id) == col(Subject.owner_id),
        home == caller.tenant_id if caller.tenant_id else home.is_(None),
    )


def _with_subject(statement: Any) -> Any:
    return statement.join(Subject, col(Subject.id) == col(Comment.subject_id)).outerjoin(
        Project, col(Project.id) == col(Subject.project_id)
    )


def visible_to(caller: Identity) -> Select[Comment]:
    seen: Select[Comment] = _with_subject(select(Comment)).where(sees_subject(caller))
    return seen


def comments_on(caller: Identity, subject: SubjectRef) -> Select[Comment]:
    """All of them, replies too."""
    here = col(Comment.subject_id) == subject.id, col(Comment.subject_type) == subject.type
    return visible_to(caller).where(*here)


async def comments_by_id(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Comment | None]:
    return await rows_by(session, visible_to(caller), Comment.id, ids)


async def comment_for_update(session: AsyncSession, caller: Identity, id: UUID) -> Comment | None:
    """The comment, held against other writers until the transaction ends."""
    statement = visible_to(caller).where(col(Comment.id) == id).with_for_update(of=Comment)
    return (await session.scalars(statement)).one_or_none()


async def comment_to_react(session: AsyncSession, caller: Identity, id: UUID) -> Comment | None:
    """The comment, kept from being deleted until the transaction ends; others may react, too."""
    seen = visible_to(caller).where(col(Comment.id) == id)
    statement = seen.with_for_update(of=Comment, read=True, key_share=True)
    return (await session.scalars(statement)).one_or_none()


async def subject_for_comment(
    session: AsyncSession, caller: Identity, wanted: SubjectRef
) -> Subject | None:
    """What the caller wants to comment on, kept from being deleted until the transaction ends."""
    statement = _subjects(caller).where(
        col(Subject.id) == wanted.id, col(Subject.type) == wanted.type
    )
    held = statement.with_for_update(read=True, of=Subject)
    return (await session.scalars(held)).one_or_none()


async def subject_exists(session: AsyncSession, caller: Identity, wanted: SubjectRef) -> bool:
    """Whether the caller sees it."""
    here = col(Subject.id) == wanted.id, col(Subject.type) == wanted.type
    found = _subjects(caller).with_only_columns(col(Subject.id)).where(*here)
    return (await session.execute(found)).first() is not None


def _subjects(caller: Identity) -> Select[Subject]:
    joined = select(Subject).outerjoin(Project, col(Project.id) == col(Subject.project_id))
    return joined.where(sees_subject(caller))


def comments_of(caller: Identity, parent: Parent) -> ChildRows[Comment]:
    """The comments on subjects and the replies to comments, oldest first; the comments on whatever
    belongs to projects, newest first."""
    order = NEWEST_FIRST if parent == "project_id" else OLDEST_FIRST
    return ChildRows(visible_to(caller), Comment, col(getattr(Comment, parent)), order)


async def counts_by_subject(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[int | None]:
    """How many comments there are on each; None for what the caller may not see."""
    seen = _subjects(caller).with_only_columns(col(Subject.id)).where(col(Subject.id).in_(ids))
    found = dict.fromkeys(await session.scalars(seen), 0)
    counted = await session.execute(
        select(Comment.subject_id, func.count())
        .where(col(Comment.subject_id).in_(list(found)))
        .group_by(col(Comment.subject_id))
    )
    for id, count in counted:
        found[id] = count
    return [found.get(id) for id in ids]


async def reply_counts(session: AsyncSession, ids: Sequence[UUID]) -> list[int]:
    """How many replies there are to comments that the caller has seen already."""
    parent = col(Comment.parent_id)
    counted = await session.execute(
        select(parent, func.count()).where(parent.in_(ids)).group_by(parent)
    )
    counts: dict[UUID | None, int] = {row[0]: row[1] for row in counted}
    return [counts.get(id, 0) for id in ids]


@dataclass(frozen=True, slots=True)
class Statistics:
    """The comments on a project and on what belongs to it."""

    counts: Mapping[SubjectType, int]
    latest: datetime | None


async def statistics_by_project(
    session: AsyncSession, caller: Identity, ids: Sequence[UUID]
) -> list[Statistics | None]:
    """Of what the caller sees; None for projects that the caller may not see."""
    seen = select(Project.id).where(PROJECTS.may_see(caller), col(Project.id).in_(ids))
    found = list(await session.scalars(seen))
    kinds = col(Comment.project_id), col(Comment.subject_type)
    counted: Any = await session.execute(
        _with_subject(select(*kinds, func.count(), func.max(col(Comment.created_at))))
        .select_from(Comment)
        .where(sees_subject(caller), col(Comment.project_id).in_(found))
        .group_by(*kinds)
    )
    counts: dict[UUID, dict[SubjectType, int]] = {id: dict.fromkeys(SubjectType, 0) for id in found}
    latest: dict[UUID, datetime] = {}
    for project_id, kind, count, newest in counted:
        counts[project_id][SubjectType(kind)] = count
        latest[project_id] = max(newest, latest.get(project_id, newest))
    return [Statistics(counts[id], latest.get(id)) if id in counts else None for id in ids]


async def mentions_by_comment(
    session: AsyncSession, ids: Sequence[UUID]
) -> list[list[CommentMention]]:
    """Who is mentioned in comments that the caller has seen already, in their order."""
    of_these = col(CommentMention.comment_id).in_(ids)
    rows = select(CommentMention).where(of_these).order_by(col(CommentMention.place))
    found: dict[UUID, list[CommentMention]] = {id: [] for id in ids}
    for row in await session.scalars(rows):
        found[row.comment_id].append(row)
    return [found[id] for id in ids]


async def people_called(session: AsyncSession, handles: Collection[str]) -> dict[str, Person]:
    """Who has these handles and an account in use."""
    wanted = col(Person.handle).in_(handles), col(Person.is_active).is_(True)
    return {
        person.handle: person for person in await session.scalars(select(Person).where(*wanted))
    }


async def may_see(session: AsyncSession, person: Person, subject: Subject) -> bool:
    """Whether somebody who is mentioned could read the comment."""
    reader = Identity(
        id=person.id,
        roles=frozenset(person.roles),
        scopes=scopes_of(person.roles),
        tenant_id=person.organization_id,
    )
    return await subject_exists(session, reader, SubjectRef(subject.type, subject.id))
