"""What every argument and input member of the graph means, so that it can be filled with what is
somebody else's. One that is not told here fails the tests: somebody has to think about it."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNamedType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)

from tests.subgraphs.tenants.tenant import THERE, Tenant

FREE = "free"
"""A text that refers to nothing."""

BY_NAME: Mapping[str, str] = {
    **dict.fromkeys(("assigneeId", "leadId", "reporterId", "userId"), "user"),
    **dict.fromkeys(("sourceId", "targetId", "issueId"), "issue"),
    "linkId": "link",
    "organizationId": "organization",
    "projectId": "project",
    "teamId": "team",
    "after": "cursor",
    "before": "cursor",
    "search": "word",
    "username": "username",
    **dict.fromkeys(("email", "newEmail"), "email"),
    "domain": "domain",
    "refreshToken": "secret",
    **dict.fromkeys(("issueType", "status", "priority"), "vocabulary"),
    **dict.fromkeys(
        ("avatarUrl", "bio", "city", "code", "content", "country", "currentPassword")
        + ("description", "displayName", "eventTypes", "firstName", "issueTypes", "language")
        + ("lastName", "logoUrl", "mfaCode", "name", "newPassword", "password", "phone")
        + ("priorities", "projectType", "role", "roles", "scopes", "statuses", "summary")
        + ("timezone", "title", "customFields"),
        FREE,
    ),
}
"""Members that mean the same wherever they stand."""

BY_COORDINATE: Mapping[str, str] = {
    "Query.user.id": "user",
    "Query.organization.id": "organization",
    "Query.team.id": "team",
    "Query.issue.id": "issue",
    "Query.issueByKey.key": "issue_key",
    "Query.project.id": "project",
    "Query.projectByKey.key": "project_key",
    "CreateProjectInput.key": "project_key",
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
    "Mutation.updateIssue.id": "issue",
    "Mutation.deleteIssue.id": "issue",
    "Mutation.updateProject.id": "project",
    "Mutation.deleteProject.id": "project",
    "Mutation.updateMilestone.id": "milestone",
    "Subscription.projectUpdated.id": "project",
    "Subscription.issueUpdated.projectId": "project",
}
"""The others, by where they stand."""

# What a free text must look like to be accepted.
_GOOD_TEXT: Mapping[str, Any] = {
    "avatarUrl": "https://example.com/a.png",
    "logoUrl": "https://example.com/a.png",
    "language": "en",
    "phone": "+49 30 654321",
    "timezone": "UTC",
    "role": "moderator",
    "roles": "user",
    "scopes": "read:projects",
    "eventTypes": "user.login",
    "customFields": {"points": 1},
    "code": "000000",
    "mfaCode": "000000",
}
_MOMENTS = {"Date": "2031-01-31", "DateTime": "2031-01-31T12:00:00Z"}
_SCALARS: Mapping[str, Any] = {"Int": 2, "Float": 1.0, "Boolean": True, **_MOMENTS}


class NotToldWhatItMeans(AssertionError):
    """A new argument: say in this module what it refers to."""


def kind_of(coordinate: str, named: GraphQLNamedType) -> str | None:
    """What the values refer to; None for those of closed kinds, such as enums and numbers.

    Raises ``NotToldWhatItMeans``.
    """
    if isinstance(named, (GraphQLEnumType, GraphQLInputObjectType)) or named.name in _SCALARS:
        return None
    found = BY_COORDINATE.get(coordinate) or BY_NAME.get(coordinate.rpartition(".")[2])
    if found is None:
        raise NotToldWhatItMeans(f"{coordinate}: {named}. Add it to {__name__}.")
    if named.name == "ID" and found == FREE:
        raise NotToldWhatItMeans(f"{coordinate} is an id of what? Add it to {__name__}.")
    return found


def values_of(kind: str, tenant: Tenant) -> tuple[Any, ...]:
    """What the tenant has of a kind; the first is the obvious one."""
    if kind in tenant.ids:
        return tuple(str(id) for id in tenant.ids[kind])
    match kind:
        case "cursor":
            rows = (("issue", 2), ("project", 1), ("team", 0))
            return tuple(tenant.cursor(*row) for row in rows)
        case "issue_key":
            return (f"{tenant.key}0-1",)
        case "project_key":
            return (f"{tenant.key}0",)
        case "word":
            return (tenant.word,)
        case "username":
            return (tenant.username("member"),)
        case "email":
            return (tenant.email("member"), tenant.email("guest0"))
        case "domain":
            return (tenant.domain,)
        case "secret":
            return (tenant.token("stolen hash"),)
        case "invitation_token":
            return (tenant.token("invitation0"),)
        case "vocabulary":
            return (tenant.text("Type"),)
    raise NotToldWhatItMeans(f"Nobody knows what a tenant has of the kind {kind}.")


def good_value(coordinate: str, type_: GraphQLInputType, tenant: Tenant) -> Any:
    """A value that ``tenant`` may well send there."""
    named = get_named_type(type_)
    kind = kind_of(coordinate, named)
    if isinstance(named, GraphQLInputObjectType):
        value: Any = good_object(named, tenant)
    elif isinstance(named, GraphQLEnumType):
        value = next(iter(named.values))
    elif kind is None:
        value = _SCALARS[named.name]
    elif kind == FREE:
        value = _GOOD_TEXT.get(coordinate.rpartition(".")[2], f"New {coordinate}")
    else:
        value = _unused(kind, tenant) or own_value(coordinate, kind, tenant)
    return [value] if is_list_type(get_nullable_type(type_)) else value


def good_object(type_: GraphQLInputObjectType, tenant: Tenant) -> dict[str, Any]:
    """An input object with its required members."""
    return {
        name: good_value(f"{type_.name}.{name}", member.type, tenant)
        for name, member in type_.fields.items()
        if is_required_input_field(member)
    }


def own_value(coordinate: str, kind: str, tenant: Tenant) -> Any:
    """What the tenant has of a kind, and what fits there."""
    name = coordinate.rpartition(".")[2]
    words = {"status": "In Progress", "priority": "High", "issueType": "Task"}
    return words[name] if kind == "vocabulary" else values_of(kind, tenant)[0]


def _unused(kind: str, tenant: Tenant) -> str | None:
    """Names are for things that are not there yet."""
    return {
        "username": f"new.{tenant.word}",
        "email": f"new@{tenant.word}.example",
        "domain": f"new.{tenant.word}.example",
        "project_key": "NEWKEY",
    }.get(kind)


def places(
    arguments: Mapping[str, Any], owner: str, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str, GraphQLInputType]]:
    """Where values can stand below the arguments of a field or the members of an input object:
    (path, coordinate, type)."""
    for name, argument in arguments.items():
        coordinate, named = f"{owner}.{name}", get_named_type(argument.type)
        yield (*path, name), coordinate, argument.type
        if isinstance(named, GraphQLInputObjectType) and len(path) < 4:
            yield from places(named.fields, named.name, (*path, name))


def required(arguments: Mapping[str, Any], owner: str, tenant: Tenant) -> dict[str, Any]:
    """Good values of the arguments that a field cannot do without."""
    return {
        name: good_value(f"{owner}.{name}", argument.type, tenant)
        for name, argument in arguments.items()
        if is_required_argument(argument)
    }


def foreign_values(kind: str) -> tuple[Any, ...]:
    """What there is to try: the other tenant's values of that kind, then its ids of other kinds
    where an id is wanted."""
    own = values_of(kind, THERE)
    if kind not in THERE.ids:
        return own
    others = (str(ids[0]) for other, ids in THERE.ids.items() if other != kind)
    return (*own[:1], *others, *own[1:])
