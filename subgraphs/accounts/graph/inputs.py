"""The input types of accounts, and how they are checked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import strawberry
from strawberry import UNSET

from trellis.schema.inputs import Id, InputProblems, SearchText
from trellis.subgraphs.accounts import checks, models
from trellis.subgraphs.accounts.checks import (
    DisplayName,
    Domain,
    Email,
    Language,
    NewPassword,
    Phone,
    TimeZone,
    Url,
    Username,
)
from trellis.subgraphs.accounts.history import HistoryFilters
from trellis.subgraphs.accounts.models import (
    Bio,
    GroupDescription,
    GroupName,
    MembershipRole,
    PersonName,
    Place,
    Profile,
)
from trellis.subgraphs.accounts.permissions import SINGLE_ROLES, with_single_role
from trellis.subgraphs.accounts.queries import UserFilters
from trellis.subgraphs.accounts.use_cases.invitations import Invited
from trellis.subgraphs.accounts.use_cases.organizations import (
    NewOrganization,
    NewTeam,
    Seat,
    TeamSeat,
)

strawberry.enum(Profile, name="ClientProfile", description="The REST dialect that a client uses.")

_MOST_EVENT_TYPES = 50
_NEVER_EMPTY = (
    ("roles", "roles"),
    ("role", "role"),
    ("is_active", "isActive"),
    ("tier", "tier"),
)
_SINGLE_ROLE = f"instead of roles: one of {', '.join(SINGLE_ROLES)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A checked request for an account, with the password still in clear."""

    email: str
    username: str | None
    password: str
    first_name: str | None
    last_name: str | None
    display_name: str | None
    phone: str | None
    roles: tuple[str, ...]
    profile: Profile


@strawberry.input
class RegisterInput:
    email: Email
    password: NewPassword = strawberry.field(
        description="at least 8 characters; 12 for profile LEARN"
    )
    username: Username | None = strawberry.field(
        default=None, description="derived from the e-mail address if absent"
    )
    first_name: PersonName = None
    last_name: PersonName = None
    display_name: DisplayName | None = None
    phone: Phone | None = None
    accepted_terms: bool | None = strawberry.field(
        default=None, description="must be true for profile LEARN"
    )
    profile: Profile = Profile.GRAPHQL

    def checked(self) -> Registration:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        learns = self.profile is Profile.LEARN
        if learns and self.accepted_terms is not True:
            message = "acceptedTerms must be true."
            problems.add("acceptedTerms", "REQUIRED_FIELD_MISSING", message)
        roles = ("user", "free_user") if learns else ("user",)
        return _registration(problems, self, roles, self.profile)


@strawberry.input
class CreateUserInput:
    email: Email
    password: NewPassword
    username: Username | None = None
    first_name: PersonName = None
    last_name: PersonName = None
    display_name: DisplayName | None = None
    phone: Phone | None = None
    roles: list[str] | None = None
    role: str | None = strawberry.field(default=None, description=_SINGLE_ROLE)

    def checked(self) -> Registration:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        roles = ["user"] if self.roles is None else list(dict.fromkeys(self.roles))
        if self.role is not None:
            problems.one_of("role", self.role, SINGLE_ROLES)
            roles = with_single_role(roles, self.role)
        return _registration(problems, self, tuple(roles), Profile.GRAPHQL)


def _registration(
    problems: InputProblems,
    given: RegisterInput | CreateUserInput,
    roles: tuple[str, ...],
    profile: Profile,
) -> Registration:
    checks.check_new_password(problems, given.password, profile)
    return problems.make(
        Registration,
        given,
        email=checks.check_email(problems, given.email),
        username=checks.check_username(problems, given.username),
        display_name=checks.check_display_name(problems, given.display_name),
        phone=checks.check_phone(problems, given.phone),
        roles=roles,
        profile=profile,
    )


@strawberry.input(description="Name the account by email or by username.")
class LoginInput:
    password: str
    email: str | None = None
    username: str | None = None
    mfa_code: str | None = strawberry.field(
        default=None,
        description="from the authenticator, or a recovery code; only if it is required",
    )
    profile: Profile = Profile.GRAPHQL

    def login(self) -> str:
        """What names the account. Raises ``BadUserInput`` when nothing or both do."""
        problems = InputProblems()
        given = [name for name in (self.email, self.username) if name]
        if len(given) != 1:
            message = "Give either email or username."
            problems.add("email", "REQUIRED_FIELD_MISSING", message)
        if not self.password:
            problems.add("password", "REQUIRED_FIELD_MISSING", "password must not be empty.")
        problems.raise_any()
        return given[0]


@strawberry.input
class RefreshTokenInput:
    refresh_token: str
    profile: Profile = strawberry.field(
        default=Profile.GRAPHQL,
        description="the dialect in which the session was created; its tokens are valid only there",
    )


@strawberry.input(description="Channels that are absent are not changed.")
class NotificationChannelsInput:
    email: bool | None = UNSET
    push: bool | None = UNSET
    in_app: bool | None = UNSET


@strawberry.input(description="Members that are absent are not changed.")
class PreferencesInput:
    theme: models.Theme | None = UNSET
    language: Language | None = strawberry.field(
        default=UNSET, description="the same as the language of the profile"
    )
    notifications: NotificationChannelsInput | None = UNSET

    def columns(self) -> dict[str, Any]:
        """The members given, under their column names."""
        channels = self.notifications or NotificationChannelsInput()
        given = {
            "theme": self.theme,
            "language": self.language,
            "notify_by_email": channels.email,
            "notify_by_push": channels.push,
            "notify_in_app": channels.in_app,
        }
        return {name: value for name, value in given.items() if value not in (UNSET, None)}


@strawberry.input(description="Members that are absent are not changed; null clears a member.")
class UpdateProfileInput:
    first_name: PersonName = UNSET
    last_name: PersonName = UNSET
    display_name: DisplayName | None = UNSET
    avatar_url: Url | None = UNSET
    phone: Phone | None = UNSET
    bio: Bio = UNSET
    country: Place = UNSET
    city: Place = UNSET
    timezone: TimeZone | None = UNSET
    language: Language | None = UNSET
    preferences: PreferencesInput | None = UNSET
    version: int | None = strawberry.field(
        default=None, description="the expected version of the user; another one is a conflict"
    )

    def checked(self) -> dict[str, Any]:
        """The changes by column. Raises ``BadUserInput``."""
        problems = InputProblems()
        changes = _changes(problems, self, _given(problems, self))
        problems.raise_any()
        return changes


@strawberry.input(description="Members that are absent are not changed; null clears a member.")
class UpdateUserInput(UpdateProfileInput):
    roles: list[str] | None = UNSET
    role: str | None = strawberry.field(default=UNSET, description=_SINGLE_ROLE)
    is_active: bool | None = UNSET
    tier: models.Tier | None = UNSET

    def checked(self) -> dict[str, Any]:
        """The changes by column. Raises ``BadUserInput``."""
        problems = InputProblems()
        given = _given(problems, self)
        for name, field in _NEVER_EMPTY:
            if name in given and given[name] is None:
                problems.add(field, "REQUIRED_FIELD_MISSING", f"{field} cannot be emptied.")
        if given.get("roles") is not None:
            given["roles"] = list(dict.fromkeys(given["roles"]))
        if given.get("role") is not None:
            problems.one_of("role", given["role"], SINGLE_ROLES)
        changes = _changes(problems, self, given)
        problems.raise_any()
        return changes


@strawberry.input(name="UserEventFilters", description="Only events that match all members given.")
class HistoryFiltersInput:
    event_types: list[str] | None = strawberry.field(
        default=None, description="such as user.login or mfa.enabled"
    )
    since: datetime | None = strawberry.field(default=None, description="from this time on")
    until: datetime | None = strawberry.field(default=None, description="before this time")

    def checked(self) -> HistoryFilters:
        """Raises ``BadUserInput``."""
        problems = InputProblems()
        types = self.event_types
        if types is not None:
            if len(types) > _MOST_EVENT_TYPES:
                message = f"eventTypes may have {_MOST_EVENT_TYPES} entries at most."
                problems.add("eventTypes", "VALUE_TOO_LONG", message)
            types = [problems.text("eventTypes", name, maximum=128) for name in types]
        problems.raise_any()
        return HistoryFilters(types, self.since, self.until)


@strawberry.input(name="UserFilters", description="Only users that match all members given.")
class UserFiltersInput:
    search: SearchText | None = strawberry.field(default=None, description="a part of a name")
    organization_id: Id | None = None
    team_id: Id | None = None
    is_active: bool | None = None

    def checked(self) -> UserFilters:
        """Raises ``BadUserInput``."""
        return InputProblems().make(UserFilters, self)


@strawberry.input
class CreateOrganizationInput:
    name: GroupName
    domain: Domain | None = None
    description: GroupDescription = None
    logo_url: Url | None = None

    def checked(self) -> NewOrganization:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        return problems.make(
            NewOrganization,
            self,
            domain=checks.check_domain(problems, self.domain),
            logo_url=checks.check_url(problems, "logoUrl", self.logo_url),
        )


@strawberry.input
class CreateTeamInput:
    organization_id: Id
    name: GroupName
    description: GroupDescription = None

    def checked(self) -> NewTeam:
        """Raises ``BadUserInput``."""
        return InputProblems().make(NewTeam, self)


@strawberry.input
class OrganizationMemberInput:
    organization_id: Id
    user_id: Id
    role: MembershipRole = MembershipRole.MEMBER

    def checked(self) -> Seat:
        """Raises ``BadUserInput``."""
        return InputProblems().make(Seat, self)


@strawberry.input
class InviteInput:
    organization_id: Id
    email: Email
    role: MembershipRole = MembershipRole.MEMBER

    def checked(self) -> Invited:
        """Raises ``BadUserInput``."""
        problems = InputProblems()
        return problems.make(Invited, self, email=checks.check_email(problems, self.email))


@strawberry.input
class TeamMemberInput:
    team_id: Id
    user_id: Id
    role: MembershipRole = MembershipRole.MEMBER

    def checked(self) -> TeamSeat:
        """Raises ``BadUserInput``."""
        return InputProblems().make(TeamSeat, self)


def _changes(
    problems: InputProblems, wanted: UpdateProfileInput, given: dict[str, Any]
) -> dict[str, Any]:
    preferences = wanted.preferences.columns() if wanted.preferences else {}
    field = "preferences.language" if "language" in preferences else "language"
    return checks.check_profile_changes(problems, given, language_field=field)


def _given(problems: InputProblems, wanted: UpdateProfileInput) -> dict[str, Any]:
    preferences = wanted.preferences.columns() if wanted.preferences else {}
    return problems.members(wanted, skip=("version", "preferences")) | preferences
