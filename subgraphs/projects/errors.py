"""What may go wrong with projects."""

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
from trellis.schema.events.accounts import STREAM


class ProjectNotFound(NotFound):
    """Also the answer for a project that the caller may not know of."""

    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such project.", id=str(id))


class ProjectNotYours(Forbidden):
    """The caller sees the project but has not the role that the change needs."""

    def __init__(self, needed: str) -> None:
        message = f"Only {needed} may do this in this project."
        super().__init__(message, required_permission="admin:projects")


class OrganizationNotYours(Forbidden):
    def __init__(self) -> None:
        super().__init__("A project can only be made in your own organization.")


class TokenOfBefore(Forbidden):
    """The caller has founded, joined or left an organization since the access token was issued."""

    def __init__(self) -> None:
        super().__init__(
            "Your access token is from before you changed your organization. Refresh it and try "
            "again."
        )


class ProjectKeyTaken(AlreadyExists):
    def __init__(self, key: str) -> None:
        super().__init__(f"The project key {key} is taken. Choose another one.", field="key")


class ProjectChanged(Conflict):
    def __init__(self, current: int) -> None:
        message = "The project was changed meanwhile. Read it again and retry."
        super().__init__(message, currentVersion=current)


class MilestoneNotFound(NotFound):
    def __init__(self, id: UUID | str) -> None:
        super().__init__("There is no such milestone.", id=str(id))


class MilestoneChanged(Conflict):
    def __init__(self, current: int) -> None:
        message = "The milestone was changed meanwhile. Read it again and retry."
        super().__init__(message, currentVersion=current)


class AlreadyMember(AlreadyExists):
    def __init__(self) -> None:
        message = "This person is a member of the project already."
        super().__init__(message, reason="PROJECT_MEMBER_ALREADY_EXISTS")


class MemberNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("This person is not a member of the project.")


class OwnerStays(Conflict):
    def __init__(self) -> None:
        super().__init__("The owner and the lead of a project cannot leave it. Change them first.")


class TooManyMembers(Conflict):
    def __init__(self, limit: int) -> None:
        super().__init__(f"A project can have {limit} members at most.", limit=limit)


class UnknownPerson(MissingInReplica, BadUserInput):
    """Nobody with this id whom the caller may choose."""

    stream = STREAM

    def __init__(self, field: str) -> None:
        message = "There is no such user in the project's organization."
        super().__init__(message, [FieldProblem(field, "INVALID_FORMAT", message)])


class UnknownOrganization(MissingInReplica, BadUserInput):
    """Nobody belongs to an organization with this id."""

    stream = STREAM

    def __init__(self) -> None:
        message = "There is no such organization."
        super().__init__(message, [FieldProblem("organizationId", "INVALID_FORMAT", message)])


class UnknownTeam(MissingInReplica, BadUserInput):
    """No team with this id, or one of another organization."""

    stream = STREAM

    def __init__(self) -> None:
        message = "There is no such team in the project's organization."
        super().__init__(message, [FieldProblem("teamId", "INVALID_FORMAT", message)])
