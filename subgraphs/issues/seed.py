"""The demo world's issues and what hangs on them, written once and without events."""

from trellis.db.seed.world import DemoIssue, World, demo_world
from trellis.db.unit_of_work import UnitOfWork
from trellis.subgraphs.issues.models import (
    Attachment,
    Comment,
    Issue,
    IssueCounter,
    IssueLink,
    LinkType,
    Project,
)
from trellis.subgraphs.issues.queries import PROJECTS, WORKFLOWS


async def write_demo_data(uow: UnitOfWork) -> None:
    """Does nothing when the first demo project is here: it was done before."""
    world = demo_world()
    await WORKFLOWS.write_demo_copies(uow)
    if await uow.session.get(Project, world.projects[0].id) is not None:
        return
    await PROJECTS.write_demo_copies(uow)
    for demo in world.projects:
        last = max(issue.number for issue in world.issues if issue.project_id == demo.id)
        uow.session.add(IssueCounter(project_id=demo.id, last_number=last))
    keys = {project.id: project.key for project in world.projects}
    uow.session.add_all(_issue(demo, keys[demo.project_id]) for demo in world.issues)
    await uow.session.flush()
    _write_links(uow, world)
    _write_what_hangs_on_issues(uow, world)


def _issue(demo: DemoIssue, project_key: str) -> Issue:
    return Issue(
        id=demo.id,
        project_id=demo.project_id,
        number=demo.number,
        key=f"{project_key}-{demo.number}",
        summary=demo.summary,
        description=demo.description,
        issue_type=demo.issue_type,
        status=demo.status,
        priority=demo.priority,
        assignee_id=demo.assignee_id,
        reporter_id=demo.reporter_id,
        custom_fields={"story_points": demo.story_points, "sprint": demo.sprint},
        created_at=demo.created_at,
        updated_at=demo.updated_at,
    )


def _write_links(uow: UnitOfWork, world: World) -> None:
    made = {issue.id: issue.created_at for issue in world.issues}
    uow.session.add_all(
        IssueLink(
            id=demo.id,
            source_id=demo.source_id,
            target_id=demo.target_id,
            type=LinkType(demo.type),
            created_at=max(made[demo.source_id], made[demo.target_id]),
        )
        for demo in world.links
    )


def _write_what_hangs_on_issues(uow: UnitOfWork, world: World) -> None:
    uow.session.add_all(
        Comment(
            id=demo.id,
            issue_id=demo.issue_id,
            author_id=demo.author_id,
            content=demo.content,
            is_told=True,  # the subgraph of comments has them from the demo world, too
            created_at=demo.created_at,
            updated_at=demo.created_at,
        )
        for demo in world.comments
    )
    uow.session.add_all(
        Attachment(
            id=demo.id,
            issue_id=demo.issue_id,
            filename=demo.filename,
            mime_type=demo.mime_type,
            size=demo.size,
            created_at=demo.created_at,
        )
        for demo in world.attachments
    )
