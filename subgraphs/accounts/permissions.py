"""What roles allow: the scopes that a user's token carries."""

from collections.abc import Iterable, Sequence

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


def roles_in_force(roles: Iterable[str], *, is_premium: bool) -> frozenset[str]:
    """The roles of a user, including the one of their subscription."""
    return frozenset(roles) | ({PREMIUM_USER} if is_premium else frozenset())


# The roles of dialects that know only one, the mightiest first.
SINGLE_ROLES = (ADMIN, "instructor", "moderator", "subscriber", "free_user")


def mightiest(roles: Iterable[str], *, pays: bool) -> str:
    """The one role that dialects with a single role show."""
    held = {*roles, "subscriber" if pays else "free_user"}
    return next(role for role in SINGLE_ROLES if role in held)


def with_single_role(roles: Sequence[str], role: str) -> list[str]:
    """``roles`` once somebody was given ``role`` in a dialect that knows only one."""
    return [held for held in roles if held not in SINGLE_ROLES] + [role]
