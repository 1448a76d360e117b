"""What can be configured per project, and the defaults."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

MAX_WORDS = 50
"""What a vocabulary may have."""


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """The vocabularies of a project's issues and the features it uses.

    The first status is the one that a new issue starts in.
    """

    issue_types: tuple[str, ...] = ("Bug", "Task", "Story", "Epic")
    priorities: tuple[str, ...] = ("Low", "Medium", "High", "Critical")
    statuses: tuple[str, ...] = ("Open", "In Progress", "Done", "Closed")
    time_tracking: bool = True
    file_attachments: bool = True

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """From the stored JSON object; absent members have their default."""
        known: dict[str, Any] = {name: stored[name] for name in cls.__slots__ if name in stored}
        for name, value in known.items():
            known[name] = tuple(value) if isinstance(value, list) else value
        return cls(**known)

    def stored(self) -> dict[str, Any]:
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}
