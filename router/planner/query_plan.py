"""A whole plan; plan.py has its parts."""

from dataclasses import dataclass, field
from typing import Any

from trellis.router.planner.explain import lines, to_json, tree
from trellis.router.planner.plan import FetchStep, OperationKind, Path, Selection


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """A whole operation. For a subscription, step 0 is the primary source and the others run once
    per event.

    ``absent`` are positions at which there must be no object: what is asked of it cannot be had
    from anybody, so that the operation has no answer when there is one.
    """

    kind: OperationKind
    steps: tuple[FetchStep, ...]
    output: Selection
    root_type: str = "Query"
    labels: frozenset[str] = field(default_factory=frozenset)
    absent: tuple[Path, ...] = ()

    @property
    def fetch_count(self) -> int:
        """How many requests to subgraphs the plan makes at most."""
        return len(self.steps)

    @property
    def depth(self) -> int:
        """How many requests have to wait for one another: the longest chain of steps."""
        rounds: list[int] = []
        for step in self.steps:
            rounds.append(1 + max((rounds[other] for other in step.after), default=0))
        return max(rounds, default=0)

    @property
    def services(self) -> tuple[str, ...]:
        """The subgraphs asked, each once, in the order in which they are asked first."""
        return tuple(dict.fromkeys(step.service for step in self.steps))

    def explain(self) -> str:
        """The plan for people: one line per step with the reason it exists, then the
        Sequence/Parallel/Fetch tree that other routers print."""
        return f"{lines(self)}\n\n{tree(self)}"

    def to_json(self) -> dict[str, Any]:
        """The plan's steps as plain JSON data."""
        return to_json(self)
