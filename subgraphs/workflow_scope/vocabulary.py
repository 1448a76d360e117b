"""The words a project uses for its issues: types, priorities, statuses and what they mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from trellis.schema.events.workflows import StateType
from trellis.subgraphs.project_scope.words import issue_types_of

_CLOSING_WORDS = frozenset({"done", "closed", "resolved", "completed", "cancelled", "rejected"})


class StatusCategory(StrEnum):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"


CATEGORY_OF = {
    StateType.INITIAL: StatusCategory.OPEN,
    StateType.INTERMEDIATE: StatusCategory.IN_PROGRESS,
    StateType.FINAL: StatusCategory.CLOSED,
}
"""Of the states of workflows."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """As configured in the project's settings; the defaults are those of a new project."""

    issue_types: tuple[str, ...] = issue_types_of({})
    priorities: tuple[str, ...] = ("Low", "Medium", "High", "Critical")
    statuses: tuple[str, ...] = ("Open", "In Progress", "Done", "Closed")

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> Self:
        words = {name: tuple(settings[name]) for name in cls.__slots__ if settings.get(name)}
        return cls(**words | {"issue_types": issue_types_of(settings)})

    @property
    def initial_status(self) -> str:
        return self.statuses[0]

    @property
    def default_type(self) -> str:
        return "Task" if "Task" in self.issue_types else self.issue_types[0]

    @property
    def default_priority(self) -> str:
        return "Medium" if "Medium" in self.priorities else self.priorities[0]

    def category(self, status: str) -> StatusCategory:
        """The first status is open; the last one, and every word for done, is closed.

        Everything else is in progress, also a status that is not configured any more, so the
        three always add up to all issues.
        """
        if status == self.initial_status:
            return StatusCategory.OPEN
        if status == self.statuses[-1] or status.lower() in _CLOSING_WORDS:
            return StatusCategory.CLOSED
        return StatusCategory.IN_PROGRESS


@dataclass(frozen=True, slots=True)
class Categories:
    """How far the issues of a project are: by the workflow of their type, where there is one that
    has their status, else by the words of the project. ``states`` are by issue type and status."""

    words: Vocabulary
    states: Mapping[tuple[str, str], StatusCategory]

    def of(self, issue_type: str, status: str) -> StatusCategory:
        return self.states.get((issue_type, status)) or self.words.category(status)
