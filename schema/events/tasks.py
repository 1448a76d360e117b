"""Events about tasks, in the stream of the subgraph ``tasks``.

Those that create or change a task of a project carry its state: keep that with the greatest
``version``. The contents of personal tasks are not published: their events have no ``project_id``
and no state.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from trellis.schema.events.event import Event

STREAM = "tasks"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """The state of a task that other subgraphs may store."""

    title: str
    description: str | None
    status: str
    priority: str
    milestone_id: UUID | None
    assignee_id: UUID | None
    due_date: datetime | None
    estimated_hours: float | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvent(Event):
    """``created_by`` is the owner of a personal task."""

    task_id: UUID
    project_id: UUID | None
    created_by: UUID
    version: int

    @property
    def key(self) -> str:
        return str(self.task_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCreated(TaskEvent):
    topic: ClassVar[str] = "task.created"
    state: TaskState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskUpdated(TaskEvent):
    topic: ClassVar[str] = "task.updated"
    changed: tuple[str, ...]
    state: TaskState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAssigned(TaskEvent):
    """``assigned_to`` is null when the task was taken from somebody and given to nobody."""

    topic: ClassVar[str] = "task.assigned"
    assigned_to: UUID | None
    assigned_by: UUID
    timestamp: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDeleted(TaskEvent):
    topic: ClassVar[str] = "task.deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDependencyAdded(TaskEvent):
    """The task waits for ``depends_on_id``; ``type`` is finish_to_start, start_to_start, ..."""

    topic: ClassVar[str] = "task.dependency_added"
    depends_on_id: UUID
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDependencyRemoved(TaskEvent):
    topic: ClassVar[str] = "task.dependency_removed"
    depends_on_id: UUID
    type: str
