"""The input types of tasks, and how they are checked."""

import math
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from trellis.schema.directives import Constraint
from trellis.schema.inputs import Id, InputProblems, SearchText
from trellis.subgraphs.tasks.models import (
    DependencyType,
    Description,
    TaskPriority,
    TaskStatus,
    Title,
)
from trellis.subgraphs.tasks.queries import SearchField, TaskCompletion, TaskFilters, TaskSort
from trellis.subgraphs.tasks.use_cases.dependencies import NewDependency
from trellis.subgraphs.tasks.use_cases.tasks import NewTask

# Models and queries know nothing of GraphQL: here they become known to it.
strawberry.enum(TaskStatus)
strawberry.enum(TaskPriority)
strawberry.enum(DependencyType)
strawberry.enum(TaskCompletion, description="PENDING means every status except DONE.")
strawberry.enum(TaskSort)
strawberry.enum(SearchField, name="TaskSearchField")

_MAX_HOURS = 100_000
Hours = Annotated[float, Constraint(min=0, max=_MAX_HOURS)]
MAX_TAGS = 20
_MAX_TAG = 50


@strawberry.input(
    name="TaskFilters",
    description="Only tasks that match all members given. Days are in UTC.",
)
class TaskFiltersInput:
    project_id: Id | None = None
    milestone_id: Id | None = None
    assignee_id: Id | None = None
    created_by_id: Id | None = None
    status: list[TaskStatus] | None = strawberry.field(default=None, description="one of these")
    priority: list[TaskPriority] | None = strawberry.field(default=None, description="one of these")
    completion: TaskCompletion | None = None
    personal: bool | None = strawberry.field(
        default=None, description="true: only personal tasks of the caller; false: none of them"
    )
    due_date_gte: date | None = strawberry.field(
        default=None, description="due on that day or later"
    )
    due_date_gt: date | None = strawberry.field(default=None, description="due after that day")
    due_date_lte: date | None = strawberry.field(
        default=None, description="due on that day or earlier"
    )
    due_date_lt: date | None = strawberry.field(default=None, description="due before that day")
    search: SearchText | None = strawberry.field(
        default=None, description="a part of one of the searchFields"
    )
    search_fields: list[SearchField] | None = strawberry.field(
        default=None, description="which fields to search; all if absent"
    )

    def checked(self) -> TaskFilters:
        """Raises ``BadUserInput``."""
        return InputProblems().make(
            TaskFilters,
            self,
            status=_once(self.status),
            priority=_once(self.priority),
            search_fields=_once(self.search_fields),
        )


@strawberry.input(
    description="Without projectId it is a personal task, visible only to the caller."
)
class CreateTaskInput:
    title: Title
    project_id: Id | None = None
    milestone_id: Id | None = None
    description: Description = None
    assignee_id: Id | None = strawberry.field(default=None, description="a member of the project")
    priority: TaskPriority | None = strawberry.field(default=None, description="MEDIUM if absent")
    due_date: datetime | None = None
    estimated_hours: Hours | None = None
    tags: list[str] | None = None

    def checked(self) -> NewTask:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        hours = _hours(problems, self.estimated_hours)
        tags = _tags(problems, self.tags)
        return problems.make(NewTask, self, estimated_hours=hours, tags=tags)


@strawberry.input(description="Members that are absent are not changed; null clears a member.")
class UpdateTaskInput:
    title: Title | None = UNSET
    description: Description = UNSET
    milestone_id: Id | None = UNSET
    priority: TaskPriority | None = UNSET
    due_date: datetime | None = UNSET
    estimated_hours: Hours | None = UNSET
    tags: list[str] | None = UNSET
    completion: TaskCompletion | None = strawberry.field(
        default=None,
        description="COMPLETED makes it DONE; PENDING makes it TODO again if it is DONE",
    )
    version: int | None = strawberry.field(
        default=None, description="the expected version of the task; another one is a conflict"
    )

    def checked(self) -> dict[str, Any]:
        """The changes by column, without the status. Raises ``BadUserInput``."""
        problems = InputProblems()
        apart = ("completion", "version")
        changes = problems.members(self, skip=apart, never_null=("title", "priority"))
        if "estimated_hours" in changes:
            changes["estimated_hours"] = _hours(problems, self.estimated_hours)
        if "tags" in changes:
            changes["tags"] = _tags(problems, self.tags)
        problems.raise_any()
        return changes


@strawberry.input(description="The task `taskId` depends on `dependsOnId`.")
class AddTaskDependencyInput:
    task_id: Id
    depends_on_id: Id
    type: DependencyType | None = strawberry.field(
        default=None, description="FINISH_TO_START if absent"
    )

    def checked(self) -> NewDependency:
        """Raises ``BadUserInput``."""
        kind = self.type or DependencyType.FINISH_TO_START
        return InputProblems().make(NewDependency, self, type=kind)


def _once(values: Sequence[Any] | None) -> tuple[Any, ...] | None:
    """Each value once, so that equal filters are equal."""
    return None if values is None else tuple(sorted(set(values)))


def _hours(problems: InputProblems, hours: float | None) -> float | None:
    if hours is not None and not (math.isfinite(hours) and 0 <= hours <= _MAX_HOURS):
        message = f"estimatedHours must be between 0 and {_MAX_HOURS}."
        problems.add("estimatedHours", "INVALID_FORMAT", message)
    return hours


def _tags(problems: InputProblems, tags: Sequence[str] | None) -> list[str]:
    """Each tag once, in the order given."""
    cleaned = [
        problems.text(f"tags.{index}", tag, maximum=_MAX_TAG)
        for index, tag in enumerate(tags or ())
    ]
    found = list(dict.fromkeys(cleaned))
    if len(found) > MAX_TAGS:
        problems.add("tags", "VALUE_TOO_LONG", f"A task can have {MAX_TAGS} tags at most.")
    return found
