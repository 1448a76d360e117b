"""What arguments of the accounts subgraph refer to, and how its objects are reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.subgraphs.tenants.meaning import FREE, Meanings

if TYPE_CHECKING:
    from tests.subgraphs.tenants.tenant import Tenant


def _is_trace(table: str, row: Mapping[str, Any], own: Tenant) -> bool:
    """Entries of the audit log, counts of guesses, letters that were asked for, and invitations
    into one's own organization."""
    match table:
        case "audit_log":
            return row["result"] == "refused" or row["actor_id"] == str(own.id("user", "boss"))
        case "mailed_links":
            return row["purpose"] == "reset_password"
        case "password_guesses":
            return True  # whoever knows a name may guess; that is what is counted
        case "invitations":
            return row["organization_id"] == str(own.id("organization"))
    return False


MEANINGS = Meanings(
    counts={"organization": 1, "team": 2, "invitation": 2},
    of_people=("user", "session", "api_key"),
    by_name={
        "userId": "user",
        "organizationId": "organization",
        "teamId": "team",
        "username": "username",
        **dict.fromkeys(("email", "newEmail"), "email"),
        "domain": "domain",
        "refreshToken": "secret",
        "after": "cursor",
        "before": "cursor",
        "search": "word",
        **dict.fromkeys(
            ("avatarUrl", "bio", "city", "code", "country", "currentPassword", "description")
            + ("displayName", "eventTypes", "firstName", "language", "lastName", "logoUrl")
            + ("mfaCode", "name", "newPassword", "password", "phone", "role", "roles", "scopes")
            + ("timezone", "verifier"),
            FREE,
        ),
    },
    by_coordinate={
        "Query.user.id": "user",
        "Query.organization.id": "organization",
        "Query.team.id": "team",
        "Mutation.revokeSession.id": "session",
        "Mutation.verifyUser.token": "secret",
        "ResetPasswordInput.token": "secret",
        "Mutation.confirmEmailChange.token": "secret",
        "Mutation.acceptInvitation.token": "invitation_token",
        "Mutation.withdrawInvitation.id": "invitation",
        "Mutation.updateUser.id": "user",
        "Mutation.deactivateUser.id": "user",
        "Mutation.reactivateUser.id": "user",
        "Mutation.deleteUser.id": "user",
        "Mutation.revokeApiKey.id": "api_key",
    },
    good_texts={
        "avatarUrl": "https://example.com/a.png",
        "logoUrl": "https://example.com/a.png",
        "language": "en",
        "phone": "+49 30 654321",
        "timezone": "UTC",
        "role": "moderator",
        "roles": "user",
        "scopes": "read:projects",
        "eventTypes": "user.login",
        "code": "000000",
        "mfaCode": "000000",
    },
    values={
        "word": lambda tenant: (tenant.word,),
        "username": lambda tenant: (tenant.username("member"),),
        "email": lambda tenant: (tenant.email("member"), tenant.email("guest0")),
        "domain": lambda tenant: (tenant.domain,),
        "secret": lambda tenant: (tenant.token("stolen hash"),),
        "invitation_token": lambda tenant: (tenant.token("invitation0"),),
    },
    unused={
        "username": lambda tenant: f"new.{tenant.word}",
        "email": lambda tenant: f"new@{tenant.word}.example",
        "domain": lambda tenant: f"new.{tenant.word}.example",
    },
    entrances={
        "User": "me",
        "Organization": 'organization(id: "$organization")',
        "Team": 'team(id: "$team")',
    },
    common_names={
        "RegisterInput.email": (
            'mutation { register(input: {email: "member@borogove.example", '
            'password: "long enough"}) { user { id } } }'
        ),
        "RegisterInput.username": (
            'mutation { register(input: {email: "a@example.com", username: "Member.Borogove", '
            'password: "long enough"}) { user { id } } }'
        ),
        "CreateOrganizationInput.domain": (
            'mutation { createOrganization(input: {name: "x", domain: "borogove.example"}) '
            "{ organization { id } } }"
        ),
    },
    makes_no_difference={
        "LoginInput.email": "the password is wrong",
        "LoginInput.username": "the password is wrong",
        "Mutation.requestPasswordReset.email": "the answer is the same for every address",
        "ChangeEmailInput.newEmail": "the password is wrong",
        "RefreshTokenInput.refreshToken": "a stolen hash is no token",
        "ResetPasswordInput.token": "a stolen hash is no token",
        "Mutation.verifyUser.token": "a stolen hash is no token",
        "Mutation.verifyUser.userId": "told only to whoever has the token",
        "Mutation.confirmEmailChange.token": "a stolen hash is no token",
        "Mutation.acceptInvitation.token": "the invitation is for another address",
    },
    for_administrators=frozenset(
        {
            "Query.allUsers",
            "Query.auditLog",
            "Mutation.createUser",
            "Mutation.reactivateUser",
            "Mutation.changeSubscription",
        }
    ),
    is_trace=_is_trace,
    # The row that others refer to; what happened, without where and with what; sessions that are
    # over for good, and kept for an hour.
    keeps_deleted=frozenset({"users", "outbox", "audit_log", "sessions"}),
)
