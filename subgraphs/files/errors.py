"""What may go wrong with files."""

from uuid import UUID

from trellis.db.replica import MissingInReplica
from trellis.schema.errors import (
    AlreadyExists,
    BadUserInput,
    Conflict,
    EntitlementRequired,
    FieldProblem,
    Forbidden,
    NotFound,
    Unavailable,
)
from trellis.schema.events.accounts import STREAM as ACCOUNTS


class FileNotFound(NotFound):
    """Also the answer for a file that the caller may not know of."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such file.", id=str(id))


class AttachmentNotFound(NotFound):
    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such attachment.", id=str(id))


class ShareNotFound(NotFound):
    def __init__(self, id: UUID | str) -> None:
        super().__init__("The file is not shared with that person.", id=str(id))


class LinkNotValid(NotFound):
    """The link is forged, has expired, or its file is gone or no longer the asker's to see."""

    def __init__(self) -> None:
        super().__init__("The link is not valid, or no longer.")


class SubjectNotFound(MissingInReplica, NotFound):
    """Also the answer for an issue, a task or a comment that the caller may not know of."""

    def __init__(self, type: str, id: UUID | str) -> None:
        super().__init__(f"There is no such {type}.", id=str(id))
        self.stream = f"{type}s"  # type: ignore[misc]


class FileNotYours(Forbidden):
    """The caller sees the file but has not the right that the change needs."""

    def __init__(self, needed: str) -> None:
        super().__init__(f"Only {needed} may do this.")


class FileChanged(Conflict):
    def __init__(self, current: int) -> None:
        message = "The file was changed meanwhile. Read it again and retry."
        super().__init__(message, currentVersion=current)


class FilesNotTaken(Conflict):
    """The project's settings say that it has no files."""

    def __init__(self) -> None:
        super().__init__("This project takes no files.")


class AlreadyAttached(AlreadyExists):
    def __init__(self) -> None:
        super().__init__("The file is attached there already.")


class TooManyAttachments(Conflict):
    def __init__(self, limit: int) -> None:
        super().__init__(f"At most {limit} files can be attached there.", limit=limit)


class QuotaExceeded(EntitlementRequired):
    """The file does not fit into what the caller's subscription allows to keep."""

    def __init__(self, limit: int, used: int) -> None:
        super().__init__(
            f"Your files may have {limit} bytes together and have {used} now. Delete some, or "
            "subscribe to more.",
            reason="QUOTA",
            limit=limit,
            used=used,
        )


class NotAcceptableFile(BadUserInput):
    def __init__(self, message: str, code: str = "INVALID_FORMAT") -> None:
        super().__init__(message, [FieldProblem("file", code, message)])


class NotInThatProject(BadUserInput):
    """What the file is attached to belongs to another project than the one that was named."""

    def __init__(self, field: str) -> None:
        message = "It does not belong to the project that is named beside it."
        super().__init__(message, [FieldProblem(field, "INVALID_FORMAT", message)])


class PersonNotFound(MissingInReplica, BadUserInput):
    """Also the answer for people of other organizations."""

    stream = ACCOUNTS

    def __init__(self, index: int) -> None:
        message = "There is no such user in your organization."
        problem = FieldProblem(f"sharedWith.{index}", "INVALID_FORMAT", message)
        super().__init__(message, [problem])


class StoreUnavailable(Unavailable):
    """The store for the bytes does not answer, or does not do what it should."""

    def __init__(self) -> None:
        super().__init__("The file store is not available. Try again later.")
