"""The input types of issues, and how they are checked."""

from typing import Any

import orjson
import strawberry
from strawberry import UNSET

from trellis.schema.inputs import Id, InputProblems, SearchText, is_storable
from trellis.schema.scalars import JSON
from trellis.subgraphs.issues.models import CommentText, Description, LinkType, Summary, Word
from trellis.subgraphs.issues.queries import IssueFilters
from trellis.subgraphs.issues.service import NewComment, NewExecution, NewIssue, NewLink

strawberry.enum(LinkType)  # models know nothing of GraphQL: here they become known to it

_MAX_CUSTOM_FIELDS = 50
_MAX_CUSTOM_BYTES = 10_000


@strawberry.input(name="IssueFilters", description="Only issues that match all members given.")
class IssueFiltersInput:
    project_id: Id | None = None
    assignee_id: Id | None = None
    reporter_id: Id | None = None
    status: Word | None = None
    priority: Word | None = None
    issue_type: Word | None = None
    search: SearchText | None = strawberry.field(
        default=None, description="a part of the key, summary or description"
    )

    def checked(self) -> IssueFilters:
        """Raises ``BadUserInput``."""
        problems = InputProblems()
        _refuse_blank(problems, status=self.status, priority=self.priority, type=self.issue_type)
        return problems.make(IssueFilters, self)


@strawberry.input
class CreateIssueInput:
    project_id: Id
    summary: Summary
    description: Description = None
    issue_type: Word | None = strawberry.field(
        default=None, description="one of the project's issue types; Task if absent"
    )
    priority: Word | None = strawberry.field(
        default=None, description="one of the project's priorities; Medium if absent"
    )
    assignee_id: Id | None = None
    custom_fields: JSON | None = None

    def checked(self) -> NewIssue:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        _refuse_blank(problems, type=self.issue_type, priority=self.priority)
        custom_fields = _custom_fields(problems, self.custom_fields)
        return problems.make(NewIssue, self, custom_fields=custom_fields)

    def words(self) -> dict[str, str]:
        """What must be words of the project, by field."""
        return _given_words(issueType=self.issue_type, priority=self.priority)


@strawberry.input(description="Members that are absent are not changed; null clears a member.")
class UpdateIssueInput:
    summary: Summary | None = UNSET
    description: Description = UNSET
    issue_type: Word | None = UNSET
    status: Word | None = UNSET
    priority: Word | None = UNSET
    assignee_id: Id | None = UNSET
    custom_fields: JSON | None = UNSET
    version: int | None = strawberry.field(
        default=None, description="the expected version of the issue; another one is a conflict"
    )

    def checked(self) -> dict[str, Any]:
        """The changes by column. Raises ``BadUserInput``."""
        problems = InputProblems()
        needed = ("summary", "issue_type", "status", "priority")
        changes = problems.members(self, skip=("version",), never_null=needed)
        if "custom_fields" in changes:
            changes["custom_fields"] = _custom_fields(problems, self.custom_fields)
        problems.raise_any()
        return changes

    def words(self) -> dict[str, str]:
        """What must be words of the project, by field. Statuses are the workflow's to judge."""
        return _given_words(issueType=self.issue_type, priority=self.priority)


@strawberry.input(description="source BLOCKS target, DUPLICATES it or RELATES_TO it.")
class LinkIssuesInput:
    source_id: Id
    target_id: Id
    type: LinkType

    def checked(self) -> NewLink:
        """Raises ``BadUserInput``."""
        return InputProblems().make(NewLink, self)


@strawberry.input
class AddCommentInput:
    issue_id: Id
    content: CommentText

    def checked(self) -> NewComment:
        """Raises ``BadUserInput``."""
        return InputProblems().make(NewComment, self)


@strawberry.input
class ExecuteTransitionInput:
    workflow_id: Id = strawberry.field(description="the workflow that is active for the issue")
    issue_id: Id
    transition_id: Id
    comment: CommentText | None = strawberry.field(
        default=None, description="added to the issue as a comment"
    )

    def checked(self) -> NewExecution:
        """Raises ``BadUserInput``."""
        return InputProblems().make(NewExecution, self)


def _refuse_blank(problems: InputProblems, *, type: str | None, **words: str | None) -> None:
    """A blank word is none of a project's, and not the same as no word."""
    for field, word in {"issueType": type, **words}.items():
        if word is not None and not word.strip():
            problems.add(field, "INVALID_ENUM_VALUE", f"{field} must not be empty.")


def _given_words(**words: str | None) -> dict[str, str]:
    return {field: word.strip() for field, word in words.items() if word}


def _custom_fields(problems: InputProblems, value: Any) -> dict[str, Any]:
    """An object with few members, small altogether: custom fields are no document store."""
    field = "customFields"
    if value is None:
        return {}
    if not isinstance(value, dict):
        problems.add(field, "INVALID_FORMAT", f"{field} must be a JSON object.")
        return {}
    if len(value) > _MAX_CUSTOM_FIELDS:
        message = f"{field} may have {_MAX_CUSTOM_FIELDS} members at most."
        problems.add(field, "VALUE_TOO_LONG", message)
    try:
        written = orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError):
        problems.add(field, "INVALID_FORMAT", f"{field} cannot be written as JSON.")
        return {}
    if len(written) > _MAX_CUSTOM_BYTES:
        message = f"{field} may have {_MAX_CUSTOM_BYTES} bytes at most."
        problems.add(field, "VALUE_TOO_LONG", message)
    if not is_storable(str(value)) or b"\\u0000" in written:
        problems.add(field, "INVALID_FORMAT", f"{field} contains characters that are not text.")
    return value
