"""What roles allow: the scopes that a user's token carries."""

from collections.abc import Iterable

from trellis.schema.scopes import SCOPES, with_implied

ADMIN = "admin"
PREMIUM_USER = "premium_user"

_EVERYBODY = frozenset(
    f"{verb}:{noun}"
    for noun in (
        "profile",
        "notifications",
        "projects",
        "project_members",
        "issues",
        "comments",
        "tasks",
        "hours",
        "files",
        "orders",
        "channels",
        "executions",
    )
    for verb in ("read", "write")
) | {"read:courses", "read:workflows", "execute:workflows", "read:reports"}

# Scopes say what kind of thing somebody may try; whether they may do it to this project or that
# issue is decided by its subgraph, from memberships.
ROLE_SCOPES: dict[str, frozenset[str]] = {
    "user": _EVERYBODY,
    PREMIUM_USER: _EVERYBODY | {"write:reports", "export:data"},
    "free_user": _EVERYBODY,
    "subscriber": _EVERYBODY,
    "moderator": _EVERYBODY,
    "instructor": _EVERYBODY | {"write:courses"},
    "project_admin": _EVERYBODY
    | {
        "admin:projects",
        "admin:issues",
        "write:workflows",
        "admin:workflows",
        "write:reports",
        "admin:reports",
        "export:data",
    },
    ADMIN: SCOPES,
}


def scopes_of(roles: Iterable[str]) -> frozenset[str]:
    """All scopes of these roles; an unknown role has none."""
    return with_implied(scope for role in roles for scope in ROLE_SCOPES.get(role, frozenset()))
