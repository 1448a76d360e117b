"""The input types of issues, and how they become checked wishes."""

from typing import Any
from uuid import UUID

import orjson
import strawberry
from strawberry import UNSET

from trellis.schema.inputs import InputProblems, is_storable
from trellis.schema.scalars import JSON
from trellis.subgraphs.issues.models import LinkType
from trellis.subgraphs.issues.queries import IssueFilters
from trellis.subgraphs.issues.service import NewIssue

strawberry.enum(LinkType)  # models know nothing of GraphQL: here they become known to it

_MAX_SUMMARY = 255
_MAX_DESCRIPTION = 50_000
_MAX_COMMENT = 10_000
_MAX_CUSTOM_FIELDS = 50
_MAX_CUSTOM_BYTES = 10_000


@strawberry.input(name="IssueFilters", description="Only issues that fit all members given.")
class IssueFiltersInput:
    project_id: strawberry.ID | None = None
    assignee_id: strawberry.ID | None = None
    reporter_id: strawberry.ID | None = None
    status: str | None = None
    priority: str | None = None
    issue_type: str | None = None
    search: str | None = strawberry.field(
        default=None, description="part of the key, the summary or the description"
    )

    def checked(self) -> IssueFilters:
        """Raises ``BadUserInput``."""
        problems = InputProblems()
        filters = IssueFilters(
            project_id=_optional_id(problems, "projectId", self.project_id),
            assignee_id=_optional_id(problems, "assigneeId", self.assignee_id),
            reporter_id=_optional_id(problems, "reporterId", self.reporter_id),
            status=problems.optional_text("status", self.status, maximum=50),
            priority=problems.optional_text("priority", self.priority, maximum=50),
            issue_type=problems.optional_text("issueType", self.issue_type, maximum=50),
            search=problems.optional_text("search", self.search, maximum=200),
        )
        problems.raise_any()
        return filters


@strawberry.input
class CreateIssueInput:
    project_id: strawberry.ID
    summary: str
    description: str | None = None
    issue_type: str | None = strawberry.field(
        default=None, description="one of the project's issue types; Task if absent"
    )
    priority: str | None = strawberry.field(
        default=None, description="one of the project's priorities; Medium if absent"
    )
    assignee_id: strawberry.ID | None = None
    custom_fields: JSON | None = None

    def checked(self) -> NewIssue:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        wish = NewIssue(
            project_id=problems.id("projectId", self.project_id),
            summary=problems.text("summary", self.summary, maximum=_MAX_SUMMARY),
            description=problems.optional_text(
                "description", self.description, maximum=_MAX_DESCRIPTION
            ),
            issue_type=problems.optional_text("issueType", self.issue_type, maximum=50),
            priority=problems.optional_text("priority", self.priority, maximum=50),
            assignee_id=_optional_id(problems, "assigneeId", self.assignee_id),
            custom_fields=_custom_fields(problems, self.custom_fields),
        )
        problems.raise_any()
        return wish


@strawberry.input(description="Members that are absent stay as they are; null empties a member.")
class UpdateIssueInput:
    summary: str | None = UNSET
    description: str | None = UNSET
    issue_type: str | None = UNSET
    status: str | None = UNSET
    priority: str | None = UNSET
    assignee_id: strawberry.ID | None = UNSET
    custom_fields: JSON | None = UNSET
    version: int | None = strawberry.field(
        default=None, description="refuse unless the issue still has this version"
    )

    def checked(self) -> dict[str, Any]:
        """The changes by column. Raises ``BadUserInput``."""
        problems = InputProblems()
        changes: dict[str, Any] = {}
        needed = (
            ("summary", "summary", _MAX_SUMMARY),
            ("issue_type", "issueType", 50),
            ("status", "status", 50),
            ("priority", "priority", 50),
        )
        for column, field, limit in needed:
            value = getattr(self, column)
            if value is not UNSET:
                changes[column] = problems.text(field, value or "", maximum=limit)
        if self.description is not UNSET:
            changes["description"] = problems.optional_text(
                "description", self.description, maximum=_MAX_DESCRIPTION
            )
        if self.assignee_id is not UNSET:
            changes["assignee_id"] = _optional_id(problems, "assigneeId", self.assignee_id)
        if self.custom_fields is not UNSET:
            changes["custom_fields"] = _custom_fields(problems, self.custom_fields)
        problems.raise_any()
        return changes


@strawberry.input(description="source BLOCKS target, DUPLICATES it or RELATES_TO it.")
class LinkIssuesInput:
    source_id: strawberry.ID
    target_id: strawberry.ID
    type: LinkType

    def checked(self) -> tuple[UUID, UUID, LinkType]:
        problems = InputProblems()
        ends = problems.id("sourceId", self.source_id), problems.id("targetId", self.target_id)
        problems.raise_any()
        return *ends, self.type


@strawberry.input
class AddCommentInput:
    issue_id: strawberry.ID
    content: str

    def checked(self) -> tuple[UUID, str]:
        problems = InputProblems()
        wish = (
            problems.id("issueId", self.issue_id),
            problems.text("content", self.content, maximum=_MAX_COMMENT),
        )
        problems.raise_any()
        return wish


def _optional_id(problems: InputProblems, field: str, value: str | None) -> UUID | None:
    return problems.id(field, value) if value is not None else None


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
