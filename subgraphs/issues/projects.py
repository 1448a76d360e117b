"""What issues keep of projects: fed by their events, so that no call to projects is needed.

The stream is read by one consumer with its position in this database; an event's state is taken
only when it is newer than what is here. Lost, repeated and late events therefore do no harm.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_
from sqlmodel import col, select

from trellis.db.consumer import Consumer
from trellis.db.outbox import Envelope
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.issues.models import Issue, IssueCounter, IssueLink, Project, ProjectMember

_DELETED = "project.deleted"


def project_consumer() -> Consumer:
    """Reads the projects stream into the tables of this module's models."""
    return Consumer("projects", take_project)


async def take_project(uow: UnitOfWork, envelope: Envelope) -> None:
    """Keep the project as the event tells it; events about other things are passed over."""
    if not envelope.topic.startswith("project."):
        return
    news = envelope.payload
    project_id, state = UUID(news["project_id"]), news["state"]
    known = await uow.session.get(Project, project_id)
    if known is not None and known.version >= news["version"]:
        return
    is_deleted = envelope.topic == _DELETED
    organization = state["organization_id"]
    await uow.session.merge(
        Project(
            id=project_id,
            key=state["key"],
            organization_id=UUID(organization) if organization else None,
            settings=state["settings"],
            version=news["version"],
            is_deleted=is_deleted,
        )
    )
    await uow.session.flush()
    await _set_members(uow, project_id, {} if is_deleted else state["members"])
    if is_deleted:
        await _delete_issues(uow, project_id)
    elif await uow.session.get(IssueCounter, project_id) is None:
        uow.session.add(IssueCounter(project_id=project_id))


async def _set_members(uow: UnitOfWork, project_id: UUID, members: Mapping[str, Any]) -> None:
    of_project = col(ProjectMember.project_id) == project_id
    await uow.session.execute(delete(ProjectMember).where(of_project))
    uow.session.add_all(
        ProjectMember(project_id=project_id, user_id=UUID(user_id), role=role)
        for user_id, role in members.items()
    )


async def _delete_issues(uow: UnitOfWork, project_id: UUID) -> None:
    # The counter first: who is just making an issue holds it, who comes later finds none.
    of_project = col(IssueCounter.project_id) == project_id
    await uow.session.execute(delete(IssueCounter).where(of_project))
    gone = select(Issue.id).where(col(Issue.project_id) == project_id).scalar_subquery()
    linked = or_(col(IssueLink.source_id).in_(gone), col(IssueLink.target_id).in_(gone))
    await uow.session.execute(delete(IssueLink).where(linked))
    await uow.session.execute(delete(Issue).where(col(Issue.project_id) == project_id))
