"""What may go wrong with tasks."""

from uuid import UUID

from trellis.db.replica import MissingInReplica
from trellis.schema.errors import (
    AlreadyExists,
    BadUserInput,
    Conflict,
    FieldProblem,
    Forbidden,
    NotFound,
)
from trellis.schema.events.projects import STREAM


class TaskNotFound(NotFound):
    """Also the answer for a task that the caller may not know of."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such task.", id=str(id))


class TaskNotYours(Forbidden):
    """The caller sees the task but has not the role that the change needs."""

    def __init__(self, needed: str) -> None:
        super().__init__(f"Only {needed} may do this.")


class TaskChanged(Conflict):
    def __init__(self, current: int) -> None:
        message = "The task was changed meanwhile. Read it again and retry."
        super().__init__(message, currentVersion=current)


class NotInProject(BadUserInput):
    """A reference to something that the task's project does not have."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, [FieldProblem(field, "INVALID_FORMAT", message)])


class AssigneeNotMember(MissingInReplica, NotInProject):
    stream = STREAM

    def __init__(self) -> None:
        super().__init__("assigneeId", "Only a member of the project can be assigned.")


class UnknownMilestone(MissingInReplica, NotInProject):
    stream = STREAM

    def __init__(self) -> None:
        super().__init__("milestoneId", "The project has no such milestone.")


class PersonalTask(NotInProject):
    """What only tasks of projects can have."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(field, f"A personal task has no {what}.")


class DependencyNotFound(NotFound):
    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such dependency.", id=str(id))


class AlreadyDependent(AlreadyExists):
    def __init__(self) -> None:
        super().__init__("The task depends on the other one already.")


class DependencyNotPossible(Conflict):
    """The dependency would lead in a circle, or out of the project."""


class TooManyDependencies(Conflict):
    def __init__(self, limit: int) -> None:
        super().__init__(f"A task can depend on {limit} others at most.", limit=limit)
