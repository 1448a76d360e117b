"""The demo world's tasks: those of its projects, and what its people have to do for themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from trellis.db.seed.world import DemoProject, demo_id, demo_world

_TASKS_OF_A_PROJECT = 24

_STEPS = ("Draw", "Order", "Assemble", "Calibrate", "Inspect", "Describe", "Hand over")
_PARTS = ("the frame", "the gears", "the wiring", "the display", "the test bench")
_STATUSES = ("todo", "in_progress", "done", "review", "done")
_PRIORITIES = ("medium", "high", "low", "urgent")
_TAGS = (("workshop",), ("backend", "safety"), (), ("paperwork",))
_ERRANDS = (
    ("Buy groceries", "Milk, eggs, bread"),
    ("Call the dentist", None),
    ("Return the library books", "Two on difference engines"),
)


@dataclass(frozen=True, slots=True)
class DemoTask:
    """``project_id`` is null for a personal task of ``created_by``."""

    id: UUID
    project_id: UUID | None
    milestone_id: UUID | None
    created_by: UUID
    assignee_id: UUID | None
    title: str
    description: str | None
    status: str
    priority: str
    due_date: datetime | None
    estimated_hours: float | None
    tags: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class DemoDependency:
    id: UUID
    task_id: UUID
    depends_on_id: UUID
    type: str


@cache
def demo_tasks() -> tuple[DemoTask, ...]:
    """All tasks; those of a project are called ``demo_id("task", "ENG-1")``, a person's own
    ``demo_id("task", "ada-1")``."""
    of_projects = (task for project in demo_world().projects for task in _of_project(project))
    return (*of_projects, *_personal())


@cache
def demo_dependencies() -> tuple[DemoDependency, ...]:
    """Every third task of a project waits for the one before it."""
    found: list[DemoDependency] = []
    for project in demo_world().projects:
        for number in range(3, _TASKS_OF_A_PROJECT + 1, 3):
            task, other = _id(project.key, number), _id(project.key, number - 1)
            id = demo_id("task_dependency", f"{project.key}-{number}")
            found.append(DemoDependency(id, task, other, "finish_to_start"))
    return tuple(found)


def _id(owner: str, number: int) -> UUID:
    return demo_id("task", f"{owner}-{number}")


def _of_project(project: DemoProject) -> Iterator[DemoTask]:
    people = [member.user_id for member in project.members]
    for number in range(1, _TASKS_OF_A_PROJECT + 1):
        made = project.created_at + timedelta(hours=11 * number)
        part = _PARTS[number % len(_PARTS)]
        milestone = project.milestones[number % 4] if number % 4 < 3 else None
        yield DemoTask(
            id=_id(project.key, number),
            project_id=project.id,
            milestone_id=milestone.id if milestone else None,
            created_by=people[(number * 2 + 1) % len(people)],
            assignee_id=None if number % 6 == 0 else people[number % len(people)],
            title=f"{_STEPS[number % len(_STEPS)]} {part}",
            description=f"So that {part} of {project.name} can be relied on.",
            status=_STATUSES[number % len(_STATUSES)],
            priority=_PRIORITIES[number % len(_PRIORITIES)],
            due_date=None if number % 5 == 0 else made + timedelta(days=20 + number),
            estimated_hours=(2.0, 4.5, 8.0, 16.0)[number % 4],
            tags=_TAGS[number % len(_TAGS)],
            created_at=made,
            updated_at=made + timedelta(hours=number % 30),
        )


def _personal() -> Iterator[DemoTask]:
    for user in demo_world().users:
        for number, (title, description) in enumerate(_ERRANDS, 1):
            made = user.created_at + timedelta(days=number)
            yield DemoTask(
                id=_id(user.username, number),
                project_id=None,
                milestone_id=None,
                created_by=user.id,
                assignee_id=None,
                title=title,
                description=description,
                status="done" if number == len(_ERRANDS) else "todo",
                priority=_PRIORITIES[number % len(_PRIORITIES)],
                due_date=made + timedelta(days=7) if number == 1 else None,
                estimated_hours=None,
                tags=(),
                created_at=made,
                updated_at=made,
            )
