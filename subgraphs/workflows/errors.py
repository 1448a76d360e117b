"""What may go wrong with workflows."""

from collections.abc import Collection, Sequence
from uuid import UUID

from trellis.db.replica import MissingInReplica
from trellis.schema.errors import BadUserInput, Conflict, FieldProblem, Forbidden, NotFound
from trellis.schema.events.projects import STREAM


class WorkflowNotFound(NotFound):
    """Also the answer for a workflow that the caller may not know of."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such workflow.", id=str(id))


class WorkflowsNotYours(Forbidden):
    """The caller sees the project but does not manage it."""

    def __init__(self) -> None:
        message = "Only those who manage the project may change its workflows."
        super().__init__(message, required_permission="admin:workflows")


class WorkflowChanged(Conflict):
    def __init__(self, current: int) -> None:
        message = "The workflow was changed meanwhile. Read it again and retry."
        super().__init__(message, currentVersion=current)


class AnotherIsActive(Conflict):
    """For one of the issue types the project has an active workflow already."""

    def __init__(self, issue_types: Collection[str]) -> None:
        words = ", ".join(sorted(issue_types))
        message = f"Another workflow of the project is active for: {words}. Deactivate it first."
        super().__init__(message, issueTypes=sorted(issue_types))


class TooManyWorkflows(Conflict):
    def __init__(self, limit: int) -> None:
        super().__init__(f"A project can have {limit} workflows at most.", limit=limit)


class UnknownIssueTypes(MissingInReplica, BadUserInput):
    """Issue types that the project has not, at the ``places`` of the request. The workflow could
    never apply to them."""

    stream = STREAM

    def __init__(self, places: Sequence[int], allowed: Sequence[str]) -> None:
        problems = [
            FieldProblem(
                f"issueTypes.{place}",
                "INVALID_ENUM_VALUE",
                f"issueTypes.{place} must be one of: {', '.join(allowed)}.",
            )
            for place in places
        ]
        super().__init__(problems[0].message, problems)
