"""What a conformance run counts: one line for each kind of data, with what is wrong by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """``problems`` keep the figure from being met; ``notes`` are listed but are no fault. Both are
    reasons by name."""

    title: str
    counts: str
    problems: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_met(self) -> bool:
        return not self.problems

    def __str__(self) -> str:
        lines = [f"{'met   ' if self.is_met else 'UNMET '} {self.title}: {self.counts}"]
        lines += [f"    wrong: {name}: {reason}" for name, reason in self.problems.items()]
        lines += [f"    note: {name}: {reason}" for name, reason in self.notes.items()]
        return "\n".join(lines)


def of(right: int, total: int) -> str:
    return f"{right:,} of {total:,}"
