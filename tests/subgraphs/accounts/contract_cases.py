"""What accounts owes to the contract: each of its operations as GraphQL.

A case names its operation with aliases in the words of the contract, so that the answer can be laid
beside the contract's example: ``data`` leads to what the example calls the data. ``person`` is a
demo person's name, ``new`` for somebody who has just registered, or nothing for nobody.
"""

from dataclasses import dataclass, field
from typing import Any

BOB = "bob@example.com"
SECRET = "SecurePassword123!"
UNKNOWN = "00000000-0000-4000-8000-000000000000"

_USER = "id email username firstName lastName"
_LEARNER = (
    "user { id email displayName avatarUrl role subscription { tier status expiresAt } createdAt }"
)
_TOKENS = "accessToken refreshToken expiresIn tokenType"
_PROFILE = "bio timezone language notificationPreferences { email push inApp }"
_REGISTER = "mutation($i: RegisterInput!) {{ register(input: $i) {{ {} }} }}"
_LOGIN = "mutation($i: LoginInput!) {{ login(input: $i) {{ {} }} }}"
_REFRESH = "mutation($i: RefreshTokenInput!) {{ refreshToken(input: $i) {{ {} }} }}"
_RESET = "mutation($i: ResetPasswordInput!) { resetPassword(input: $i) { message } }"
_FORGOT = "mutation($email: String!) { requestPasswordReset(email: $email) { message } }"
_USER_BY_ID = "query($id: ID!) {{ user(id: $id) {{ {} }} }}"
_UPDATED = "mutation($id: ID!, $i: UpdateUserInput!) {{ updateUser(id: $id, input: $i) {{ {} }} }}"
_UPDATE = _UPDATED.replace("{}", "user {{ {} }}")
_CREATE = "mutation($i: CreateUserInput!) {{ createUser(input: $i) {{ user {{ {} }} }} }}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A way in which the contract says that the operation fails: its status there, our code."""

    status: int
    code: str
    person: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    afterwards: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    operation: str
    person: str = ""
    variables: dict[str, Any] = field(default_factory=dict)
    data: str = ""
    refusals: tuple[Refusal, ...] = ()


def _invalid(**variables: Any) -> tuple[Refusal, Refusal]:
    """Contracts that tell malformed from unacceptable input have one GraphQL code for both."""
    return tuple(Refusal(status, "BAD_USER_INPUT", None, variables) for status in (400, 422))  # type: ignore[return-value]


NOBODY = Refusal(401, "UNAUTHENTICATED", "")
_NO_LOGIN = {"i": {"email": BOB, "password": "not the password"}}
_NO_TOKEN = {"i": {"refreshToken": "never was one"}}
_NO_LINK = {"i": {"token": "never was one", "newPassword": SECRET}}
_OTHERS = {"id": "{grace}"}

CASES: dict[str, Case] = {
    "S0-auth-register": Case(
        _REGISTER.format(f"user {{ {_USER} emailVerified }} message"),
        variables={"i": "{example}"},
        data="register",
        refusals=(
            Refusal(400, "BAD_USER_INPUT", None, {"i": {"email": "x", "password": "short"}}),
            Refusal(409, "ALREADY_EXISTS", None, {"i": {"email": BOB, "password": SECRET}}),
        ),
    ),
    "S0-auth-login": Case(
        _LOGIN.format(f"{_TOKENS} user {{ id email username roles permissions }}"),
        variables={"i": "{example}", "profile": "PM"},
        data="login",
        refusals=(
            Refusal(400, "BAD_USER_INPUT", None, {"i": {"email": "", "password": ""}}),
            Refusal(401, "INVALID_CREDENTIALS", None, _NO_LOGIN),
        ),
    ),
    "S0-auth-refresh": Case(
        _REFRESH.format("accessToken expiresIn"),
        variables={"i": {"refreshToken": "{refresh_token}"}, "profile": "PM"},
        data="refreshToken",
        refusals=(Refusal(401, "REFRESH_TOKEN_EXPIRED", None, _NO_TOKEN),),
    ),
    "S0-auth-forgot-password": Case(
        _FORGOT,
        variables={"email": BOB},
        refusals=(Refusal(400, "BAD_USER_INPUT", None, {"email": "x"}),),
    ),
    "S0-auth-reset-password": Case(
        _RESET,
        variables={"i": {"token": "{reset_token}", "newPassword": SECRET}},
        refusals=(
            Refusal(400, "BAD_USER_INPUT", None, {"i": {"token": "x", "newPassword": "short"}}),
            Refusal(401, "BAD_USER_INPUT", None, _NO_LINK),
        ),
    ),
    "S0-users-profile-get": Case(
        f"{{ me {{ {_USER} avatarUrl {_PROFILE} }} }}", "alan", data="me", refusals=(NOBODY,)
    ),
    "S0-users-profile-update": Case(
        "mutation($i: UpdateProfileInput!) { updateMyProfile(input: $i) "
        "{ user { firstName lastName bio timezone "
        "notificationPreferences { email push inApp } } } }",
        "new",
        variables={
            "i": {
                "firstName": "John",
                "lastName": "Smith",
                "bio": "Full Stack Developer",
                "timezone": "America/New_York",
                "preferences": {"notifications": {"email": True, "push": True, "inApp": True}},
            }
        },
        refusals=(
            Refusal(400, "BAD_USER_INPUT", None, {"i": {"timezone": "Nowhere"}}),
            NOBODY,
        ),
    ),
    "S0-organizations-list": Case(
        "query($first: Int, $skip: Int) { organizations(first: $first, skip: $skip) { totalCount "
        "edges { node { id name domain description logoUrl subscriptionPlan role } } } }",
        "alan",
        variables={"first": 20, "skip": 0},
        data="organizations.edges.*.node",
        refusals=(NOBODY,),
    ),
    "S0-organizations-create": Case(
        "mutation($i: CreateOrganizationInput!) { createOrganization(input: $i) "
        "{ organization { id name domain description } } }",
        "alan",
        variables={"i": "{example}"},
        refusals=(
            Refusal(400, "BAD_USER_INPUT", None, {"i": {"name": " "}}),
            Refusal(
                409,
                "ALREADY_EXISTS",
                None,
                {"i": {"name": "n", "domain": "neworg.com"}},
                afterwards=True,
            ),
            NOBODY,
        ),
    ),
    "S0-teams-list": Case(
        "query($organization: ID, $first: Int, $skip: Int) { teams(organizationId: $organization, "
        "first: $first, skip: $skip) { totalCount edges { node { id name description "
        "organizationId ownerId memberCount role } } } }",
        "alan",
        variables={"organization": "{analytical}", "first": 20, "skip": 0},
        data="teams.edges.*.node",
        refusals=(
            Refusal(403, "FORBIDDEN", None, {"organization": "{harbour}"}),
            NOBODY,
        ),
    ),
    "S0-organizations-invite": Case(
        "mutation($i: InviteInput!) { inviteToOrganization(input: $i) "
        "{ invitation { id email role } } }",
        "ada",
        variables={
            "i": {
                "organizationId": "{analytical}",
                "email": "newuser@example.com",
                "role": "MEMBER",
            }
        },
        refusals=(
            Refusal(
                400, "BAD_USER_INPUT", None, {"i": {"organizationId": "{analytical}", "email": "x"}}
            ),
            Refusal(
                403, "FORBIDDEN", "alan", {"i": {"organizationId": "{analytical}", "email": BOB}}
            ),
            Refusal(404, "NOT_FOUND", None, {"i": {"organizationId": UNKNOWN, "email": BOB}}),
            Refusal(
                409,
                "ALREADY_EXISTS",
                None,
                {"i": {"organizationId": "{analytical}", "email": "alan@example.com"}},
            ),
            NOBODY,
        ),
    ),
    "S1-auth-login": Case(
        _LOGIN.format(f"{_TOKENS} user {{ {_USER} avatarUrl roles }}"),
        variables={"i": "{example}", "profile": "TRACKER"},
        data="login",
        refusals=(
            *_invalid(i={"email": "", "password": ""}),
            Refusal(401, "INVALID_CREDENTIALS", None, _NO_LOGIN),
        ),
    ),
    "S1-auth-refresh": Case(
        _REFRESH.format("accessToken expiresIn tokenType"),
        variables={"i": {"refreshToken": "{refresh_token}"}, "profile": "TRACKER"},
        data="refreshToken",
        refusals=(
            *_invalid(i={}),
            Refusal(401, "REFRESH_TOKEN_EXPIRED", None, _NO_TOKEN),
        ),
    ),
    "S1-auth-logout": Case(
        "mutation { logout { message } }", "new", data="logout", refusals=(NOBODY,)
    ),
    "S1-users-get": Case(
        _USER_BY_ID.format(f"{_USER} avatarUrl isActive roles createdAt updatedAt"),
        "alan",
        variables={"id": "{alan}"},
        data="user",
        refusals=(
            Refusal(404, "null", None, {"id": UNKNOWN}),
            Refusal(403, "null", None, {"id": "{hedy}"}),
            NOBODY,
        ),
    ),
    "S1-users-update": Case(
        _UPDATE.format(f"{_USER} avatarUrl updatedAt"),
        "alan",
        variables={"id": "{alan}", "i": "{example}"},
        data="updateUser.user",
        refusals=(
            *_invalid(i={"avatarUrl": "javascript:alert(1)"}),
            Refusal(404, "NOT_FOUND", None, {"id": UNKNOWN}),
            Refusal(403, "FORBIDDEN", None, _OTHERS),
            NOBODY,
        ),
    ),
    "S1-users-create": Case(
        _CREATE.format(f"{_USER} isActive roles createdAt"),
        "ada",
        variables={"i": "{example}"},
        data="createUser.user",
        refusals=(
            *_invalid(i={"email": "x", "password": "short"}),
            Refusal(409, "ALREADY_EXISTS", None, {"i": {"email": BOB, "password": SECRET}}),
            Refusal(403, "FORBIDDEN", "alan"),
            NOBODY,
        ),
    ),
    "S2-users-create": Case(
        _REGISTER.format(f"user {{ {_USER} phone isActive isVerified: emailVerified createdAt }}"),
        variables={"i": "{example}", "profile": "COMMERCE"},
        data="register.user",
        refusals=(
            *_invalid(i={"email": "x", "password": "short"}),
            Refusal(409, "ALREADY_EXISTS", None, {"i": {"email": BOB, "password": SECRET}}),
        ),
    ),
    "S2-users-get": Case(
        _USER_BY_ID.format(
            f"{_USER} phone isActive isVerified: emailVerified createdAt "
            "profile { bio country city }"
        ),
        "new",
        variables={"id": "{new}"},
        data="user",
        refusals=(NOBODY, Refusal(404, "null", None, {"id": UNKNOWN})),
    ),
    "S2-users-update": Case(
        _UPDATE.format("firstName lastName phone"),
        "alan",
        variables={"id": "{alan}", "i": "{example}"},
        refusals=(
            NOBODY,
            Refusal(403, "FORBIDDEN", None, _OTHERS),
            Refusal(404, "NOT_FOUND", None, {"id": UNKNOWN}),
            Refusal(422, "BAD_USER_INPUT", None, {"i": {"phone": "x"}}),
        ),
    ),
    "S2-users-verify": Case(
        "mutation($token: String!, $id: ID) { verifyUser(token: $token, userId: $id) "
        "{ user { id isVerified: emailVerified } } }",
        variables={"token": "{verification_token}", "id": "{new}"},
        refusals=(
            Refusal(400, "BAD_USER_INPUT", None, {"token": "never was one"}),
            Refusal(404, "NOT_FOUND", None, {"id": UNKNOWN}),
        ),
    ),
    "S2-users-events": Case(
        _USER_BY_ID.format("events(first: 50) { edges { node { id eventType data createdAt } } }"),
        "new",
        variables={"id": "{new}"},
        data="user.events.edges.*.node",
        refusals=(
            NOBODY,
            Refusal(403, "FORBIDDEN", "alan", _OTHERS),
            Refusal(404, "null", None, {"id": UNKNOWN}),
        ),
    ),
    "S3-user-sign-on": Case(
        "mutation($i: RegisterInput!) "
        "{ register(input: $i) { token: accessToken user { id username email } } }",
        variables={"i": "{example}", "profile": "TODO"},
        data="register",
        refusals=(
            Refusal(400, "BAD_USER_INPUT", None, {"i": {"email": "x", "password": "short"}}),
            Refusal(409, "ALREADY_EXISTS", None, {"i": {"email": BOB, "password": SECRET}}),
        ),
    ),
    "S3-user-sign-in": Case(
        _LOGIN.format("token: accessToken"),
        variables={"i": "{example}", "profile": "TODO"},
        data="login",
        refusals=(Refusal(401, "INVALID_CREDENTIALS", None, _NO_LOGIN),),
    ),
    "S3-user-sign-out": Case("mutation { logout { message } }", "new", refusals=(NOBODY,)),
    "S4-auth-login": Case(
        _LOGIN.format(f"{_TOKENS} {_LEARNER}"),
        variables={"i": {"email": BOB, "password": SECRET}, "profile": "LEARN"},
        data="login",
        refusals=(
            *_invalid(i={"email": "", "password": ""}),
            Refusal(401, "INVALID_CREDENTIALS", None, _NO_LOGIN),
        ),
    ),
    "S4-auth-register": Case(
        _REGISTER.format(f"{_TOKENS} {_LEARNER}"),
        variables={
            "i": {
                "email": "learner@example.com",
                "password": SECRET,
                "displayName": "Learner",
                "acceptedTerms": True,
            },
            "profile": "LEARN",
        },
        refusals=(
            *_invalid(i={"email": "z@example.com", "password": SECRET, "acceptedTerms": False}),
            Refusal(
                409,
                "ALREADY_EXISTS",
                None,
                {"i": {"email": BOB, "password": SECRET, "acceptedTerms": True}},
            ),
        ),
    ),
    "S4-auth-refresh": Case(
        _REFRESH.format(f"{_TOKENS} {_LEARNER}"),
        variables={"i": {"refreshToken": "{refresh_token}"}, "profile": "LEARN"},
        refusals=(*_invalid(i={}), Refusal(401, "REFRESH_TOKEN_EXPIRED", None, _NO_TOKEN)),
    ),
    "S4-auth-forgot-password": Case(
        _FORGOT, variables={"email": BOB}, refusals=_invalid(email="x")
    ),
    "S4-auth-reset-password": Case(
        _RESET,
        variables={"i": {"token": "{reset_token}", "newPassword": SECRET}, "profile": "LEARN"},
        refusals=(
            *_invalid(i={"token": "x", "newPassword": "eleven char"}),
            Refusal(401, "BAD_USER_INPUT", None, _NO_LINK),
        ),
    ),
    "S4-auth-logout": Case("mutation { logout { message } }", "new", refusals=(NOBODY,)),
    "S4-auth-mfa-get": Case("{ mfaStatus { enabled method } }", "new", refusals=(NOBODY,)),
    "S4-auth-mfa-enable": Case(
        "mutation($password: String, $code: String) { setUpMfa(password: $password, code: $code) "
        "{ enabled secret uri recoveryCodes } }",
        "new",
        variables={"password": SECRET},
        refusals=(
            *_invalid(password=""),
            Refusal(409, "CONFLICT", None, {"password": None, "code": "000000"}),
            NOBODY,
        ),
    ),
    "S4-auth-mfa-disable": Case(
        "mutation($i: DisableMfaInput!) { disableMfa(input: $i) { enabled } }",
        "new",
        variables={"i": {"password": SECRET, "code": "{mfa_code}"}},
        refusals=(*_invalid(i={"password": "wrong", "code": "000000"}), NOBODY),
    ),
    "S4-auth-sessions-list": Case(
        "{ sessions { id userAgent createdAt lastUsedAt expiresAt isCurrent } }",
        "new",
        refusals=(NOBODY,),
    ),
    "S4-auth-sessions-revoke-all": Case(
        "mutation { revokeAllSessions { revokedSessions } }", "new", refusals=(NOBODY,)
    ),
    "S4-auth-sessions-revoke": Case(
        "mutation($id: ID!) { revokeSession(id: $id) { revokedSessionId } }",
        "new",
        variables={"id": "{session}"},
        refusals=(Refusal(404, "NOT_FOUND", None, {"id": UNKNOWN}), NOBODY),
    ),
    "S4-users-list": Case(
        "query($first: Int, $after: String, $by: UserSort, $order: SortOrder) { allUsers("
        "first: $first, after: $after, sortBy: $by, sortOrder: $order) { totalCount pageInfo "
        f"{{ endCursor hasNextPage }} edges {{ node {_LEARNER.removeprefix('user ')} }} }} }}",
        "ada",
        variables={"first": 3, "by": "EMAIL", "order": "ASC"},
        data="allUsers.edges.*.node",
        refusals=(Refusal(403, "FORBIDDEN", "alan"), NOBODY),
    ),
    "S4-users-me": Case(
        f"{{ me {_LEARNER.removeprefix('user ')} }}", "alan", data="me", refusals=(NOBODY,)
    ),
    "S4-users-me-update": Case(
        f"mutation($i: UpdateProfileInput!) {{ updateMyProfile(input: $i) {{ {_LEARNER} }} }}",
        "new",
        variables={
            "i": {
                "displayName": "Johnny",
                "avatarUrl": "https://example.com/a.png",
                "bio": "b",
                "language": "fr",
                "preferences": {"theme": "DARK", "notifications": {"email": False, "push": True}},
            }
        },
        data="updateMyProfile.user",
        refusals=(*_invalid(i={"displayName": "x"}), NOBODY),
    ),
    "S4-users-get": Case(
        _USER_BY_ID.format(_LEARNER.removeprefix("user {").removesuffix("}")),
        "alan",
        variables={"id": "{alan}"},
        data="user",
        refusals=(
            Refusal(404, "null", None, {"id": UNKNOWN}),
            Refusal(403, "null", None, {"id": "{hedy}"}),
            NOBODY,
        ),
    ),
    "S4-users-create": Case(
        f"mutation($i: CreateUserInput!) {{ createUser(input: $i) {{ {_LEARNER} }} }}",
        "ada",
        variables={"i": {"email": "teacher@example.com", "password": SECRET, "role": "instructor"}},
        data="createUser.user",
        refusals=(
            *_invalid(i={"email": "t@example.com", "password": SECRET, "role": "king"}),
            Refusal(409, "ALREADY_EXISTS", None, {"i": {"email": BOB, "password": SECRET}}),
            Refusal(403, "FORBIDDEN", "alan"),
            NOBODY,
        ),
    ),
    "S4-users-update": Case(
        f"mutation($id: ID!, $i: UpdateUserInput!) {{ updateUser(id: $id, input: $i) "
        f"{{ {_LEARNER} }} }}",
        "ada",
        variables={"id": "{new}", "i": {"role": "moderator", "isActive": True}},
        data="updateUser.user",
        refusals=(
            *_invalid(i={"role": "king"}),
            Refusal(404, "NOT_FOUND", None, {"id": UNKNOWN}),
            Refusal(403, "FORBIDDEN", "alan", {"id": "{alan}"}),
            NOBODY,
        ),
    ),
    "S4-users-delete": Case(
        "mutation($id: ID!) { deleteUser(id: $id) { deletedUserId } }",
        "ada",
        variables={"id": "{new}"},
        refusals=(
            Refusal(404, "NOT_FOUND", None, {"id": UNKNOWN}),
            Refusal(403, "FORBIDDEN", "alan", _OTHERS),
            NOBODY,
        ),
    ),
}
