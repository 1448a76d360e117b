"""Which roles somebody has, and the one that some dialects show."""

from collections.abc import Iterable, Sequence

from trellis.schema.roles import ADMIN, PREMIUM_USER


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
