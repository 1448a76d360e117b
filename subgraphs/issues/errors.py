"""What may go wrong with issues."""

from collections.abc import Mapping, Sequence
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


class IssueNotFound(NotFound):
    """Also the answer for an issue that the caller may not know of."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such issue.", id=str(id))


class IssueNotYours(Forbidden):
    """The caller sees the issue but has not the role that the change needs."""

    def __init__(self, needed: str) -> None:
        super().__init__(f"Only {needed} may do this.", required_permission="admin:issues")


class IssueChanged(Conflict):
    def __init__(self, current: int) -> None:
        message = "The issue was changed meanwhile. Read it again and retry."
        super().__init__(message, currentVersion=current)


class IssueHasLinks(Conflict):
    def __init__(self) -> None:
        message = "The issue is linked with others. Remove the links first."
        super().__init__(message, reason="ISSUE_CANNOT_BE_DELETED")


class WordsNotInVocabulary(BadUserInput):
    """Types, priorities or statuses that the project has not configured: by field, those that it
    has. ``others`` are what else is wrong with the request."""

    def __init__(
        self, fields: Mapping[str, Sequence[str]], others: Sequence[FieldProblem] = ()
    ) -> None:
        problems = [
            FieldProblem(
                field, "INVALID_ENUM_VALUE", f"{field} must be one of: {', '.join(allowed)}."
            )
            for field, allowed in fields.items()
        ]
        super().__init__(problems[0].message, [*problems, *others])


class AssigneeNotMember(MissingInReplica, BadUserInput):
    stream = STREAM

    def __init__(self) -> None:
        message = "Only a member of the project can be assigned."
        super().__init__(message, [FieldProblem("assigneeId", "INVALID_FORMAT", message)])


class LinkNotFound(NotFound):
    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such link.", id=str(id))


class AlreadyLinked(AlreadyExists):
    def __init__(self) -> None:
        super().__init__("The two issues are linked in this way already.")


class LinkNotPossible(Conflict):
    """The link would contradict one that exists, or itself."""


class TooManyLinks(Conflict):
    def __init__(self, limit: int) -> None:
        super().__init__(f"An issue can have {limit} links at most.", limit=limit)
