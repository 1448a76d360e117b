"""The demo world's comments on projects and tasks; those on issues are in ``world``."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from trellis.db.seed.tasks import demo_tasks
from trellis.db.seed.world import demo_id, demo_world


@dataclass(frozen=True, slots=True)
class DemoRemark:
    """``mentioned`` is a member of the project whose handle is in the text; ``liked_by`` reacted
    with a thumb."""

    id: UUID
    subject_type: str
    subject_id: UUID
    project_id: UUID
    parent_id: UUID | None
    author_id: UUID
    content: str
    mentioned: tuple[UUID, str] | None
    liked_by: tuple[UUID, ...]
    created_at: datetime


@cache
def demo_remarks() -> tuple[DemoRemark, ...]:
    """All of them, in an order in which replies follow what they answer."""
    return (*_on_projects(), *_on_tasks())


def _on_projects() -> Iterator[DemoRemark]:
    names = {user.id: user.username for user in demo_world().users}
    for project in demo_world().projects:
        people = [member.user_id for member in project.members]
        first = demo_id("comment", f"{project.key}/1")
        made = project.created_at + timedelta(days=2)
        yield DemoRemark(
            id=first,
            subject_type="project",
            subject_id=project.id,
            project_id=project.id,
            parent_id=None,
            author_id=people[0],
            content=f"@{names[people[1]]} can you look at the plan?",
            mentioned=(people[1], names[people[1]]),
            liked_by=(people[1], people[2]),
            created_at=made,
        )
        yield DemoRemark(
            id=demo_id("comment", f"{project.key}/2"),
            subject_type="project",
            subject_id=project.id,
            project_id=project.id,
            parent_id=first,
            author_id=people[1],
            content="It looks good.",
            mentioned=None,
            liked_by=(people[0],),
            created_at=made + timedelta(hours=3),
        )


def _on_tasks() -> Iterator[DemoRemark]:
    people = {project.id: [m.user_id for m in project.members] for project in demo_world().projects}
    for number, task in enumerate(demo_tasks()):
        if task.project_id is None or number % 4:
            continue
        members = people[task.project_id]
        yield DemoRemark(
            id=demo_id("comment", f"{task.id}/1"),
            subject_type="task",
            subject_id=task.id,
            project_id=task.project_id,
            parent_id=None,
            author_id=members[number % len(members)],
            content="Half of it is done.",
            mentioned=None,
            liked_by=tuple(members[: number % 3]),
            created_at=task.created_at + timedelta(hours=6),
        )
