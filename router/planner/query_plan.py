"""The query plan as a whole; its parts are in plan.py."""

from dataclasses import dataclass, field
from typing import Any

from trellis.router.planner.explain import lines, to_json, tree
from trellis.router.planner.plan import FetchStep, OperationKind, Path, Selection


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """The plan of a whole operation. For a subscription, step 0 is the source stream and the others
    run once per event.

    ``absent`` are positions where no subgraph can resolve what is selected. If there is an object
    at one of them, the operation fails (decision 0031).
    """

    kind: OperationKind
    steps: tuple[FetchStep, ...]
    output: Selection
    root_type: str = "Query"
    labels: frozenset[str] = field(default_factory=frozenset)
    absent: tuple[Path, ...] = ()

    @property
    def fetch_count(self) -> int:
        """The maximum number of requests to subgraphs."""
        return len(self.steps)

    @property
    def depth(self) -> int:
        """The longest chain of steps that wait for one another."""
        rounds: list[int] = []
        for step in self.steps:
            rounds.append(1 + max((rounds[other] for other in step.after), default=0))
        return max(rounds, default=0)

    @property
    def services(self) -> tuple[str, ...]:
        """The subgraphs queried, each once, in the order of their first step."""
        return tuple(dict.fromkeys(step.service for step in self.steps))

    def explain(self) -> str:
        """The plan for people: one line per step with the reason it exists, then the
        Sequence/Parallel/Fetch tree that other routers print."""
        return f"{lines(self)}\n\n{tree(self)}"

    def to_json(self) -> dict[str, Any]:
        """The plan's steps as plain JSON data."""
        return to_json(self)
