"""What may go wrong with issues."""

from collections.abc import Mapping, Sequence
from typing import Any, Self
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
from trellis.schema.events.workflows import STREAM as WORKFLOWS
from trellis.schema.events.workflows import TransitionDefinition


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


class WorkflowNotFound(MissingInReplica, NotFound):
    """Also the answer for a workflow that the caller may not know of."""

    stream = WORKFLOWS

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such workflow.", id=str(id))


class TransitionNotFound(MissingInReplica, NotFound):
    stream = WORKFLOWS

    def __init__(self, id: UUID | str) -> None:
        super().__init__("The workflow has no such transition.", id=str(id))


class TransitionNotPossible(Conflict):
    """The active workflow does not let the issue go there.

    ``unmet`` are the conditions that the caller does not meet, ``problems`` by validator what is
    wrong with the issue.
    """

    def __init__(
        self,
        message: str,
        from_state: str,
        to_state: str,
        *,
        unmet: Sequence[str] = (),
        problems: Mapping[str, str] | None = None,
    ) -> None:
        details: dict[str, Any] = {"fromState": from_state, "toState": to_state}
        if unmet:
            details["conditions"] = list(unmet)
        if problems:
            failed = [{"name": name, "message": why} for name, why in problems.items()]
            details["validators"] = failed
        super().__init__(message, reason="WORKFLOW_TRANSITION_INVALID", **details)
        self.unmet = tuple(unmet)

    @classmethod
    def by_rules(
        cls,
        transition: TransitionDefinition,
        from_state: str,
        unmet: Sequence[str],
        problems: Mapping[str, str],
    ) -> Self:
        """A transition leads there, and its rules are not fulfilled."""
        message = " ".join(problems.values()) or (
            f"You do not meet the conditions of {transition.name}: {', '.join(unmet)}."
        )
        return cls(message, from_state, transition.to_state, unmet=unmet, problems=problems)
