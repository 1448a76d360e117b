"""What may go wrong with accounts."""

from collections.abc import Sequence
from uuid import UUID

from trellis.schema.errors import (
    AlreadyExists,
    BadUserInput,
    Conflict,
    FieldProblem,
    Forbidden,
    InvalidCredentials,
    NotFound,
    RefreshTokenExpired,
)


class WrongCredentials(InvalidCredentials):
    """Unknown name, wrong password, deactivated account: the response is the same.

    ``reason`` and ``user_id`` are for the audit log and never sent to clients.
    """

    def __init__(self, reason: str, user_id: UUID | None = None) -> None:
        super().__init__("The login or the password is wrong.")
        self.reason = reason
        self.user_id = user_id


class RefreshTokenRefused(RefreshTokenExpired):
    """Unknown, expired, spent, or of a session that has ended: sign in again."""

    def __init__(self) -> None:
        super().__init__("The refresh token is no longer valid; sign in again.")


class EmailTaken(AlreadyExists):
    def __init__(self) -> None:
        super().__init__("An account with this e-mail address exists already.", field="email")


class SameEmail(BadUserInput):
    def __init__(self) -> None:
        message = "This is the address of the account already."
        super().__init__(message, [FieldProblem("newEmail", "INVALID_FORMAT", message)])


class UsernameTaken(AlreadyExists):
    def __init__(self) -> None:
        super().__init__("This username is taken. Choose another one.", field="username")


class DomainTaken(AlreadyExists):
    def __init__(self) -> None:
        super().__init__("Another organization has this domain.", field="domain")


class UserNotFound(NotFound):
    """Also the answer for a user whom the caller may not see."""

    def __init__(self) -> None:
        super().__init__("There is no such user.")


class OrganizationNotFound(NotFound):
    """Also the answer for an organization that the caller may not see."""

    def __init__(self) -> None:
        super().__init__("There is no such organization.")


class TeamNotFound(NotFound):
    """Also the answer for a team that the caller may not see."""

    def __init__(self) -> None:
        super().__init__("There is no such team.")


class SessionNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("There is no such session of yours.")


class DetailsNotShown(Forbidden):
    """A field that only colleagues, or only the person, may read."""

    def __init__(self, field: str, readers: str) -> None:
        super().__init__(f"Only {readers} may read {field}.", field=field)


class ScopeNeeded(Forbidden):
    """A program requests something that its key does not allow."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"This needs the scope {scope}.", required_permission=scope)


_OF_ADMINISTRATORS = "admin:projects"
"""The permission that stands for those who administer; there is none for people alone."""


class AdministratorsOnly(Forbidden):
    def __init__(self) -> None:
        message = "Only administrators may do this."
        super().__init__(message, required_permission=_OF_ADMINISTRATORS)


class NotYourself(Forbidden):
    def __init__(self) -> None:
        message = "Only this person or an administrator may do this."
        super().__init__(message, required_permission=_OF_ADMINISTRATORS)


class NotAnAdminThere(Forbidden):
    """The caller sees the organization or team but does not administer it."""

    def __init__(self) -> None:
        super().__init__("Only administrators of the organization may do this.")


class AlreadyMember(AlreadyExists):
    def __init__(self) -> None:
        super().__init__("This person is a member already.")


class MemberNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("This person is not a member.")


class LastAdminStays(Conflict):
    def __init__(self) -> None:
        super().__init__("An organization needs an administrator. Appoint another one first.")


class TooManyOrganizations(Conflict):
    def __init__(self, limit: int) -> None:
        super().__init__(f"A person can be in {limit} organizations at most.", limit=limit)


class UserChanged(Conflict):
    def __init__(self, current: int) -> None:
        message = "The user was changed meanwhile. Read it again and retry."
        super().__init__(message, currentVersion=current)


class UnknownRole(BadUserInput):
    def __init__(self, role: str) -> None:
        message = f"Unknown role {role[:50]!r}."
        super().__init__(message, [FieldProblem("roles", "INVALID_ENUM_VALUE", message)])


class LinkRefused(BadUserInput):
    """Unknown, expired or used up: which of them is nobody's business."""

    def __init__(self) -> None:
        message = "This code or link is invalid or has expired. Request a new one."
        problem = FieldProblem("token", "INVALID_TOKEN", message)
        super().__init__(message, [problem], reason="INVALID_TOKEN")


class WrongPassword(BadUserInput):
    """The person is signed in but the password that was to confirm it is wrong. ``field`` is the
    argument that gave it."""

    def __init__(self, field: str = "password") -> None:
        message = "The current password is wrong."
        super().__init__(message, [FieldProblem(field, "INVALID_PASSWORD", message)])


class SignInCodeRefused(InvalidCredentials):
    """Unknown, expired, used up, or another's."""

    def __init__(self) -> None:
        super().__init__("The code of this sign-in is not valid (any more); sign in again.")


class MfaRequired(InvalidCredentials):
    """The password was right; the account asks for a code besides."""

    code = "MFA_REQUIRED"

    def __init__(self) -> None:
        super().__init__("This account needs a code from your authenticator: send mfaCode.")


class WrongCode(BadUserInput):
    def __init__(self) -> None:
        message = "The code is wrong or was used before. Wait for the next one."
        super().__init__(message, [FieldProblem("code", "INVALID_CODE", message)])


class MfaEnabledAlready(Conflict):
    def __init__(self) -> None:
        super().__init__("A second factor is in use already. Disable it first.")


class MfaNotEnrolled(Conflict):
    def __init__(self) -> None:
        super().__init__("There is no second factor. Start with enableMfa.")


class PersonsOnly(Forbidden):
    """Programs act with the scopes of their key, and no scope stands for this."""

    def __init__(self) -> None:
        super().__init__("This takes a person who is signed in: API keys cannot do it.")


class ScopesBeyondYours(Forbidden):
    def __init__(self, scopes: Sequence[str]) -> None:
        names = ", ".join(scopes)
        super().__init__(f"You cannot give what you do not have: {names}.", scopes=list(scopes))


class UnknownScope(BadUserInput):
    def __init__(self, scope: str) -> None:
        message = f"Unknown scope {scope[:50]!r}."
        super().__init__(message, [FieldProblem("scopes", "INVALID_ENUM_VALUE", message)])


class TooManyApiKeys(Conflict):
    def __init__(self, limit: int) -> None:
        message = f"A person can have {limit} API keys at most. Revoke one first."
        super().__init__(message, limit=limit)


class ApiKeyNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("There is no such API key of yours.")


class AlreadyInvited(AlreadyExists):
    def __init__(self) -> None:
        super().__init__("There is an open invitation for this address already.", field="email")


class InvitationNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("There is no such invitation.")
