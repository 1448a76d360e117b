"""All scopes that tokens can have and schemas can require."""

from collections.abc import Iterable

_READ_AND_WRITE = (
    "profile",
    "notifications",
    "projects",
    "project_members",
    "issues",
    "comments",
    "workflows",
    "reports",
    "tasks",
    "hours",
    "files",
    "orders",
    "courses",
    "channels",
    "executions",
)

SCOPES = frozenset(
    [f"{verb}:{noun}" for noun in _READ_AND_WRITE for verb in ("read", "write")]
    + ["admin:projects", "admin:issues", "admin:workflows", "admin:reports"]
    + ["delete:projects", "execute:workflows", "export:data"]
)

_IMPLIED = {"admin:projects": frozenset({"delete:projects"})}


def with_implied(scopes: Iterable[str]) -> frozenset[str]:
    """``scopes`` and those that they include: admin:projects includes delete:projects."""
    held = frozenset(scopes)
    return held.union(*(_IMPLIED.get(scope, frozenset()) for scope in held))
