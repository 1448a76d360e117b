"""The words of a project that more than one domain must know."""

from collections.abc import Mapping
from typing import Any

_ISSUE_TYPES = ("Bug", "Task", "Story", "Epic")


def issue_types_of(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The issue types of a project by its settings; the defaults are those of a new project."""
    return tuple(settings.get("issue_types") or _ISSUE_TYPES)
