"""Members of input objects that decide who may what, what is paid for and where something belongs:
they cannot be set by those who must not."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type, is_enum_type

from tests.subgraphs.tenants.callers import CALLERS
from tests.subgraphs.tenants.tenant import HERE
from tests.subgraphs.tenants.world import World, shared_supergraph, world_of
from trellis.db.settings import DataSettings

SCHEMA = shared_supergraph()[0].schema
WORDS = (
    "role",
    "permission",
    "scope",
    "tier",
    "price",
    "amount",
    "status",
    "isactive",
    "tenant",
) + ("organizationid", "owner", "leadid", "createdby", "reporter", "author", "verified", "premium")
"""A member is protected when one of these is in its name, or when it is of an enum."""

HARMLESS: Mapping[str, str] = {
    "RegisterInput.profile": "the dialect spoken",
    "LoginInput.profile": "the dialect spoken",
    "ResetPasswordInput.profile": "the dialect spoken",
    "PreferencesInput.theme": "one's own taste",
    "LinkIssuesInput.type": "what kind of link",
    "IssueFilters.status": "a filter",
    "IssueFilters.reporterId": "a filter",
    "ProjectFilters.status": "a filter",
    "ProjectFilters.organizationId": "a filter",
    "UserFilters.isActive": "a filter",
    "UserFilters.organizationId": "a filter",
    "CreateTeamInput.organizationId": "the organization it is about",
    "InviteInput.organizationId": "the organization it is about",
    "OrganizationMemberInput.organizationId": "the organization it is about",
    "ChangeSubscriptionInput.organizationId": "the organization it is about",
    "UpdateIssueInput.status": "for all members of the project",
    "ProjectSettingsInput.statuses": "the words that issues may use",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is tried by whom, and the code that it gets."""

    mutation: str
    input: str
    value: Mapping[str, Any]
    callers: tuple[str, ...]
    code: str = "FORBIDDEN"
    id: str | None = None


def own(kind: str, name: object = 0) -> str:
    return str(HERE.id(kind, name))


PERSONS = ("boss", "lead", "member", "viewer")
ORGANIZATION, TEAM, PROJECT = own("organization"), own("team"), own("project")
MEMBER, BOSS_ID = own("user", "member"), own("user", "boss")
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
    "AddProjectMemberInput.role": (
        Attempt(
            "addProjectMember",
            "AddProjectMemberInput",
            {"projectId": PROJECT, "userId": own("user", "viewer"), "role": "ADMIN"},
            ("member",),
        ),
        Attempt(
            "addProjectMember",
            "AddProjectMemberInput",
            {"projectId": PROJECT, "userId": own("user", "viewer"), "role": "OWNER"},
            ("boss", "lead"),
            "BAD_USER_INPUT",
        ),
    ),
    "UpdateProjectInput.status": (
        Attempt(
            "updateProject", "UpdateProjectInput", {"status": "ARCHIVED"}, ("member",), id=PROJECT
        ),
    ),
    "UpdateProjectInput.leadId": (
        Attempt("updateProject", "UpdateProjectInput", {"leadId": MEMBER}, ("member",), id=PROJECT),
    ),
    "UpdateMilestoneInput.status": (
        Attempt(
            "updateMilestone",
            "UpdateMilestoneInput",
            {"status": "COMPLETED"},
            ("member",),
            id=own("milestone"),
        ),
    ),
    "CreateProjectInput.organizationId": (
        Attempt(
            "createProject",
            "CreateProjectInput",
            {"name": "x", "organizationId": str(HERE.id("organization", "another"))},
            PERSONS,
        ),
    ),
    "CreateProjectInput.leadId": (
        Attempt(
            "createProject",
            "CreateProjectInput",
            {"name": "x", "leadId": str(HERE.id("user", "nobody"))},
            PERSONS,
            "BAD_USER_INPUT",
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


def protected_members() -> set[str]:
    """Every one that the schema has."""
    return {
        f"{type_.name}.{name}"
        for type_ in SCHEMA.type_map.values()
        if isinstance(type_, GraphQLInputObjectType)
        for name, member in type_.fields.items()
        if is_enum_type(get_named_type(member.type)) or any(w in name.lower() for w in WORDS)
    }


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    settings = DataSettings(data_dir=tmp_path_factory.mktemp("world"))
    async with world_of((HERE,), settings) as world:
        yield world


def test_every_protected_member_is_tried_or_known_to_be_harmless():
    assert protected_members() == set(PROTECTED) | set(HARMLESS)


@pytest.mark.parametrize("member", PROTECTED)
async def test_it_cannot_be_set_by_those_who_must_not(world: World, member: str):
    before = await world.rows(HERE.marks)
    for attempt in PROTECTED[member]:
        assert member.rpartition(".")[2] in attempt.value
        given = f"id: {_text(attempt.id)}, input: $i" if attempt.id else "input: $i"
        document = (
            f"mutation($i: {attempt.input}!) {{ {attempt.mutation}({given}) {{ __typename }} }}"
        )
        for who in attempt.callers:
            told = await world.ask(document, CALLERS[who], i=attempt.value)
            codes = [error["extensions"]["code"] for error in told["errors"]]
            assert codes == [attempt.code], (who, told)
    assert await world.rows(HERE.marks) == before


def _text(id: str) -> str:
    return f'"{id}"'
