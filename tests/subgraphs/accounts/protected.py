"""Members of the inputs of accounts that decide who may what: what is tried with them, or why
they decide nothing."""

from collections.abc import Mapping
from typing import Any

from tests.subgraphs.tenants.attempts import PERSONS, Attempt, own

HARMLESS: Mapping[str, str] = {
    "RegisterInput.profile": "the dialect spoken",
    "LoginInput.profile": "the dialect spoken",
    "RefreshTokenInput.profile": "the dialect spoken: a token of another one is refused",
    "SignInWithCodeInput.profile": "the dialect spoken",
    "ResetPasswordInput.profile": "the dialect spoken",
    "PreferencesInput.theme": "one's own taste",
    "UserFilters.isActive": "a filter",
    "UserFilters.organizationId": "a filter",
    "CreateTeamInput.organizationId": "the organization it is about",
    "InviteInput.organizationId": "the organization it is about",
    "OrganizationMemberInput.organizationId": "the organization it is about",
    "ChangeSubscriptionInput.organizationId": "the organization it is about",
}

ORGANIZATION, MEMBER = own("organization"), own("user", "member")
SEAT = {"organizationId": ORGANIZATION, "userId": MEMBER}
NEW_USER = {"email": "new@example.com", "password": "long enough"}
KEY = {"name": "key"}


def on_users(value: Mapping[str, Any]) -> tuple[Attempt, ...]:
    """Oneself, and somebody else."""
    themselves = tuple(
        Attempt("updateUser", "UpdateUserInput", value, (who,), id=own("user", who))
        for who in PERSONS
    )
    other = Attempt("updateUser", "UpdateUserInput", value, ("boss", "lead"), id=MEMBER)
    return (*themselves, other)


PROTECTED: Mapping[str, tuple[Attempt, ...]] = {
    "UpdateUserInput.role": on_users({"role": "admin"}),
    "UpdateUserInput.roles": on_users({"roles": ["admin"]}),
    "UpdateUserInput.isActive": on_users({"isActive": False}),
    "UpdateUserInput.tier": on_users({"tier": "ENTERPRISE"}),
    "CreateUserInput.role": (
        Attempt("createUser", "CreateUserInput", {**NEW_USER, "role": "admin"}, PERSONS),
    ),
    "CreateUserInput.roles": (
        Attempt("createUser", "CreateUserInput", {**NEW_USER, "roles": ["admin"]}, PERSONS),
    ),
    "ChangeSubscriptionInput.tier": (
        Attempt(
            "changeSubscription",
            "ChangeSubscriptionInput",
            {"organizationId": ORGANIZATION, "tier": "ENTERPRISE"},
            PERSONS,
        ),
    ),
    "ChangeSubscriptionInput.status": (
        Attempt(
            "changeSubscription",
            "ChangeSubscriptionInput",
            {"userId": MEMBER, "tier": "PRO", "status": "ACTIVE"},
            PERSONS,
        ),
    ),
    "InviteInput.role": (
        Attempt(
            "inviteToOrganization",
            "InviteInput",
            {"organizationId": ORGANIZATION, "email": "a@example.com", "role": "ADMIN"},
            ("lead", "member", "viewer"),
        ),
    ),
    "OrganizationMemberInput.role": (
        Attempt(
            "changeOrganizationRole",
            "OrganizationMemberInput",
            {**SEAT, "role": "ADMIN"},
            ("lead", "member", "viewer"),
        ),
        Attempt(
            "addOrganizationMember",
            "OrganizationMemberInput",
            {**SEAT, "role": "ADMIN"},
            ("lead", "member", "viewer"),
        ),
    ),
    "TeamMemberInput.role": (
        Attempt(
            "addTeamMember",
            "TeamMemberInput",
            {"teamId": own("team", 1), "userId": MEMBER, "role": "ADMIN"},
            ("lead", "member", "viewer"),
        ),
    ),
    "CreateApiKeyInput.scopes": (
        Attempt(
            "createApiKey",
            "CreateApiKeyInput",
            {**KEY, "scopes": ["admin:projects"]},
            ("lead", "member", "viewer"),
            "FORBIDDEN",
        ),
    ),
}
