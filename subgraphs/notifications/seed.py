"""The copies and notifications of the demo data, written once and without events."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from trellis.db.seed.chat import demo_channels
from trellis.db.seed.tasks import demo_tasks
from trellis.db.seed.world import DemoIssue, DemoProject, DemoUser, World, demo_id, demo_world
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.notifications.models import (
    ChatChannel,
    ChatMember,
    Contact,
    Notification,
    NotificationKind,
    Participant,
    Person,
    Project,
    Subject,
    SubjectType,
)
from trellis.subgraphs.notifications.queries import PROJECTS
from trellis.subgraphs.notifications.webhooks import running as webhooks

_FIRST_VERSION = 1  # what the other subgraphs give to everything in the demo world
_ISSUES_TOLD_OF, _TASKS_TOLD_OF = 6, 4


async def write_demo_data(uow: UnitOfWork) -> None:
    """Does nothing when the first demo project is here: it was done before."""
    world = demo_world()
    if await uow.session.get(Project, world.projects[0].id) is not None:
        return
    await PROJECTS.write_demo_copies(uow)
    uow.session.add_all(_person(demo) for demo in world.users)
    uow.session.add_all(
        Contact(id=demo.id, email=demo.email, version=_FIRST_VERSION) for demo in world.users
    )
    uow.session.add_all(_subjects(world))
    commented = sorted({(comment.issue_id, comment.author_id) for comment in world.comments})
    uow.session.add_all(Participant(subject_id=issue, user_id=who) for issue, who in commented)
    uow.session.add_all(_told_of_issues(world))
    uow.session.add_all(_told_of_tasks(world))
    uow.session.add_all(_channels())
    await uow.session.flush()
    await webhooks.write_demo_data(uow)


def _channels() -> Iterator[ChatChannel | ChatMember]:
    """Everybody has read everything."""
    for channel in demo_channels():
        newest = len(channel.messages)
        yield ChatChannel(id=channel.id, latest_sequence=newest)
        for user_id in channel.member_ids:
            yield ChatMember(channel_id=channel.id, user_id=user_id, read_sequence=newest)


def _person(demo: DemoUser) -> Person:
    return Person(
        id=demo.id,
        organization_id=demo.organization_id,
        username=demo.username,
        display_name=f"{demo.first_name} {demo.last_name}",
        roles=list(demo.roles),
        version=_FIRST_VERSION,
    )


def _subjects(world: World) -> Iterator[Subject]:
    for project in world.projects:
        yield _subject(
            project.id, SubjectType.PROJECT, project.id, project.name, project.lead_id, project.key
        )
        for milestone in project.milestones:
            yield _subject(
                milestone.id,
                SubjectType.MILESTONE,
                project.id,
                milestone.title,
                milestone.created_by,
            )
    keys = {project.id: project.key for project in world.projects}
    for issue in world.issues:
        row = _subject(
            issue.id,
            SubjectType.ISSUE,
            issue.project_id,
            issue.summary,
            issue.reporter_id,
            f"{keys[issue.project_id]}-{issue.number}",
        )
        row.assignee_id = issue.assignee_id
        yield row
    for task in demo_tasks():
        if task.project_id is not None:
            row = _subject(task.id, SubjectType.TASK, task.project_id, task.title, task.created_by)
            row.assignee_id = task.assignee_id
            row.due_date = task.due_date if task.status != "done" else None
            yield row


def _subject(
    id: UUID, type: SubjectType, project_id: UUID, title: str, owner: UUID, key: str | None = None
) -> Subject:
    return Subject(
        id=id,
        type=type,
        project_id=project_id,
        title=title,
        key=key,
        owner_id=owner,
        version=_FIRST_VERSION,
    )


def _told_of_issues(world: World) -> Iterator[Notification]:
    projects = {project.id: project for project in world.projects}
    for issue in world.issues:
        is_told = issue.assignee_id not in (None, issue.reporter_id)
        if is_told and issue.number <= _ISSUES_TOLD_OF:
            yield _issue_assigned(issue, projects[issue.project_id])


def _issue_assigned(issue: DemoIssue, project: DemoProject) -> Notification:
    assert issue.assignee_id is not None
    key = f"{project.key}-{issue.number}"
    return Notification(
        id=demo_id("notification", key),
        user_id=issue.assignee_id,
        occasion=f"demo:{issue.id}",
        kind=NotificationKind.ISSUE_ASSIGNED,
        type="issue_assigned",
        title="Issue assigned to you",
        message=f"{key} has been assigned to you",
        data={"issue_id": str(issue.id), "issue_key": key},
        event={
            "issue_id": str(issue.id),
            "issue_key": key,
            "project_id": str(project.id),
            "assignee_id": str(issue.assignee_id),
        },
        project_id=project.id,
        subject_type=SubjectType.ISSUE,
        subject_id=issue.id,
        actor_id=issue.reporter_id,
        created_at=issue.created_at,
        read_at=_read_at(issue.created_at, issue.number),
    )


def _told_of_tasks(world: World) -> Iterator[Notification]:
    names = {project.id: project.name for project in world.projects}
    numbers: dict[UUID, int] = {}
    for task in demo_tasks():
        if task.project_id is None or task.assignee_id in (None, task.created_by):
            continue
        numbers[task.project_id] = number = numbers.get(task.project_id, 0) + 1
        if number > _TASKS_TOLD_OF:
            continue
        assert task.assignee_id is not None
        yield Notification(
            id=demo_id("notification", str(task.id)),
            user_id=task.assignee_id,
            occasion=f"demo:{task.id}",
            kind=NotificationKind.TASK_ASSIGNED,
            type="task_assigned",
            title="Task Assigned",
            message=f"You have been assigned to '{task.title}'",
            data={
                "task_id": str(task.id),
                "task_title": task.title,
                "project_id": str(task.project_id),
                "project_name": names[task.project_id],
            },
            event={
                "task_id": str(task.id),
                "project_id": str(task.project_id),
                "created_by": str(task.created_by),
                "assigned_to": str(task.assignee_id),
                "assigned_by": str(task.created_by),
                "timestamp": task.created_at.isoformat(),
            },
            project_id=task.project_id,
            subject_type=SubjectType.TASK,
            subject_id=task.id,
            actor_id=task.created_by,
            created_at=task.created_at,
            read_at=_read_at(task.created_at, number),
        )


def _read_at(told_at: datetime, number: int) -> datetime | None:
    return told_at + timedelta(hours=1) if number % 2 else None
