"""The input types of files, and how they are checked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry import ID, UNSET

from trellis.schema.errors import BadUserInput
from trellis.schema.inputs import Id, InputProblems, SearchText
from trellis.subgraphs.files.models import Description, Filename, SharePermission, SubjectType
from trellis.subgraphs.files.queries import FileFilters
from trellis.subgraphs.files.use_cases.attachments import SubjectRef
from trellis.subgraphs.files.use_cases.shares import Sharing
from trellis.subgraphs.files.use_cases.upload import Placement

# Models know nothing of GraphQL: here they become known to it.
strawberry.enum(SharePermission)

_MAX_PEOPLE = 100
_SUBJECTS = {
    "task_id": SubjectType.TASK,
    "issue_id": SubjectType.ISSUE,
    "comment_id": SubjectType.COMMENT,
}


@strawberry.input(name="FileFilters", description="Only files that match all members given.")
class FileFiltersInput:
    project_id: Id | None = None
    uploaded_by_id: Id | None = None
    mime_type: SearchText | None = None
    personal: bool | None = strawberry.field(
        default=None, description="true: only personal files of the caller; false: none of them"
    )
    shared: bool | None = strawberry.field(
        default=None, description="true: only files shared with the caller; false: none of them"
    )
    search: SearchText | None = strawberry.field(
        default=None, description="a part of the name or description"
    )

    def checked(self) -> FileFilters:
        """Raises ``BadUserInput``."""
        return InputProblems().make(FileFilters, self)


@strawberry.input(
    description="Where a file belongs. An attached file is in the project of its subject; without "
    "any id it is a personal file of the caller."
)
class FileDetailsInput:
    project_id: Id | None = None
    task_id: Id | None = strawberry.field(
        default=None, description="the task to attach the file to"
    )
    issue_id: Id | None = strawberry.field(
        default=None, description="the issue to attach the file to"
    )
    comment_id: Id | None = strawberry.field(
        default=None, description="the comment to attach the file to"
    )
    description: Description = None

    def checked(self) -> Placement:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        given = problems.members(self)
        to, field = _subject(problems, given)
        problems.raise_any()
        return Placement(
            project_id=given.get("project_id"),
            to=to,
            field=field,
            description=given.get("description"),
        )


@strawberry.input(description="What to attach a file to: exactly one of these.")
class AttachmentTargetInput:
    task_id: Id | None = None
    issue_id: Id | None = None
    comment_id: Id | None = None

    def checked(self) -> SubjectRef:
        """Raises ``BadUserInput``."""
        problems = InputProblems()
        to, _ = _subject(problems, problems.members(self))
        problems.raise_any()
        if to is None:
            raise BadUserInput("Name what to attach the file to.")
        return to


@strawberry.input(description="Members that are absent are not changed; null clears a member.")
class UpdateFileInput:
    filename: Filename | None = UNSET
    description: Description = UNSET
    version: int | None = strawberry.field(
        default=None, description="the expected version of the file; another one is a conflict"
    )

    def checked(self) -> dict[str, Any]:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        changes = problems.members(self, skip=["version"], never_null=["filename"])
        problems.raise_any()
        return changes


@strawberry.input
class ShareFileInput:
    shared_with: list[ID] = strawberry.field(description="people of the same organization")
    permission: SharePermission = SharePermission.READ
    expires_at: datetime | None = strawberry.field(
        default=None, description="in the future; if absent, it does not expire"
    )

    def checked(self) -> Sharing:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        people = _people(problems, self.shared_with)
        problems.raise_any()
        return Sharing(shared_with=people, permission=self.permission, expires_at=self.expires_at)


def _people(problems: InputProblems, given: Sequence[str]) -> list[UUID]:
    if not given:
        problems.add("sharedWith", "REQUIRED_FIELD_MISSING", "sharedWith must not be empty.")
    if len(given) > _MAX_PEOPLE:
        message = f"sharedWith may have {_MAX_PEOPLE} people at most."
        problems.add("sharedWith", "VALUE_TOO_LONG", message)
        return []
    return [problems.id(f"sharedWith.{index}", one) for index, one in enumerate(given)]


def _subject(problems: InputProblems, given: dict[str, Any]) -> tuple[SubjectRef | None, str]:
    """What to attach to, and the field that says so."""
    named = [name for name in _SUBJECTS if given.get(name) is not None]
    if not named:
        return None, ""
    field = named[0].replace("_id", "Id")
    if len(named) > 1:
        message = "A file is attached to one task, issue or comment at once."
        problems.add(named[1].replace("_id", "Id"), "INVALID_FORMAT", message)
    return SubjectRef(_SUBJECTS[named[0]], given[named[0]]), field
