"""The demo world's comments and what they are about, written once and without events."""

from collections.abc import Iterator
from uuid import UUID

from trellis.db.seed.comments import DemoRemark, demo_remarks
from trellis.db.seed.tasks import demo_tasks
from trellis.db.seed.world import DemoComment, demo_world
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.comments.models import (
    Comment,
    CommentMention,
    Person,
    Project,
    Reaction,
    ReactionType,
    Subject,
    SubjectType,
)
from trellis.subgraphs.comments.queries import PROJECTS


async def write_demo_data(uow: UnitOfWork) -> None:
    """Does nothing when the first demo project is here: it was done before."""
    world = demo_world()
    if await uow.session.get(Project, world.projects[0].id) is not None:
        return
    await PROJECTS.write_demo_copies(uow)
    uow.session.add_all(_people())
    for subject in _subjects():
        # Where comments came to data that was there, events have told of some already.
        await uow.session.merge(subject)
    await uow.session.flush()
    projects = {issue.id: issue.project_id for issue in world.issues}
    for demo in world.comments:
        if await uow.session.get(Comment, demo.id) is None:
            uow.session.add(_on_issue(demo, projects[demo.issue_id]))
    for remark in demo_remarks():
        uow.session.add(_remark(remark))
        await uow.session.flush()
        _add_parts(uow, remark)


def _people() -> Iterator[Person]:
    for user in demo_world().users:
        yield Person(
            id=user.id,
            organization_id=user.organization_id,
            handle=user.username,
            roles=list(user.roles),
            version=1,
        )


def _subjects() -> Iterator[Subject]:
    world = demo_world()
    for project in world.projects:
        yield Subject(id=project.id, type=SubjectType.PROJECT, project_id=project.id)
        for milestone in project.milestones:
            yield Subject(id=milestone.id, type=SubjectType.MILESTONE, project_id=project.id)
    for issue in world.issues:
        yield Subject(id=issue.id, type=SubjectType.ISSUE, project_id=issue.project_id)
    for task in demo_tasks():
        yield Subject(
            id=task.id,
            type=SubjectType.TASK,
            project_id=task.project_id,
            owner_id=None if task.project_id else task.created_by,
        )


def _on_issue(demo: DemoComment, project_id: UUID) -> Comment:
    return Comment(
        id=demo.id,
        subject_id=demo.issue_id,
        subject_type=SubjectType.ISSUE,
        project_id=project_id,
        author_id=demo.author_id,
        content=demo.content,
        created_at=demo.created_at,
        updated_at=demo.created_at,
    )


def _remark(demo: DemoRemark) -> Comment:
    return Comment(
        id=demo.id,
        subject_id=demo.subject_id,
        subject_type=SubjectType(demo.subject_type),
        project_id=demo.project_id,
        parent_id=demo.parent_id,
        author_id=demo.author_id,
        content=demo.content,
        created_at=demo.created_at,
        updated_at=demo.created_at,
    )


def _add_parts(uow: UnitOfWork, demo: DemoRemark) -> None:
    if demo.mentioned is not None:
        user_id, handle = demo.mentioned
        mention = CommentMention(comment_id=demo.id, user_id=user_id, handle=handle, place=0)
        uow.session.add(mention)
    uow.session.add_all(
        Reaction(
            comment_id=demo.id,
            type=ReactionType.THUMBS_UP,
            user_id=user_id,
            created_at=demo.created_at,
        )
        for user_id in demo.liked_by
    )
