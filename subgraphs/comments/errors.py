"""What may go wrong with comments."""

from uuid import UUID

from trellis.db.replica import MissingInReplica
from trellis.schema.errors import BadUserInput, Conflict, FieldProblem, Forbidden, NotFound
from trellis.schema.events.files import STREAM as FILES
from trellis.schema.events.issues import STREAM as ISSUES
from trellis.schema.events.projects import STREAM as PROJECTS
from trellis.schema.events.tasks import STREAM as TASKS


class CommentNotFound(NotFound):
    """Also the answer for a comment that the caller may not know of."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such comment.", id=str(id))


class MissingIssueComment(MissingInReplica, CommentNotFound):
    """The same; it may have been written with a move of its issue a moment ago."""

    stream = ISSUES


class SubjectNotFound(NotFound):
    """Also the answer for something that the caller may not know of."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("The subject of the comment does not exist.", id=str(id))


class _ProjectMissing(MissingInReplica, SubjectNotFound):
    stream = PROJECTS


class _TaskMissing(MissingInReplica, SubjectNotFound):
    stream = TASKS


class _IssueMissing(MissingInReplica, SubjectNotFound):
    stream = ISSUES


class _FileMissing(MissingInReplica, SubjectNotFound):
    stream = FILES


MISSING_SUBJECTS: dict[str, type[SubjectNotFound]] = {
    "project": _ProjectMissing,
    "milestone": _ProjectMissing,
    "task": _TaskMissing,
    "issue": _IssueMissing,
    "file": _FileMissing,
}
"""By type of subject the error that waits for news of it."""


class CommentNotYours(Forbidden):
    """The caller sees the comment but may not do that with it."""

    def __init__(self, needed: str) -> None:
        super().__init__(f"Only {needed} may do this.")


class CommentChanged(Conflict):
    def __init__(self, current: int) -> None:
        message = "The comment was changed meanwhile. Read it again and retry."
        super().__init__(message, currentVersion=current)


class CommentHasReplies(Conflict):
    def __init__(self) -> None:
        super().__init__("The comment was answered: delete the replies first.")


class ParentNotHere(BadUserInput):
    """The comment that is answered belongs to something else, or is not there."""

    def __init__(self) -> None:
        message = "parentId must be a comment on the same subject."
        super().__init__(message, [FieldProblem("parentId", "INVALID_FORMAT", message)])


class TooManyMentions(BadUserInput):
    def __init__(self, limit: int) -> None:
        message = f"content can mention {limit} people at most."
        super().__init__(message, [FieldProblem("content", "VALUE_TOO_LONG", message)])
