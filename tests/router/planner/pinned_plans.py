"""The plans of random operations over random graphs, kept in ``pinned_plans.json`` so that a change
of plans, or of the work it takes to find them, is seen and judged.

``python -m tests.router.planner.pinned_plans`` writes the file anew.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.chance import Seeded
from tests.support.differential import Pair
from tests.support.planning import normalized, steps_as_lines
from tests.support.random_pairs import random_pairs, random_subgraphs
from trellis.router.errors import PlanningLimit
from trellis.router.planner.graph import read_supergraph
from trellis.router.planner.planner import Planner
from trellis.router.planner.query_plan import QueryPlan
from trellis.router.planner.tables import FederatedGraph

KNOWN = Path(__file__).with_name("pinned_plans.json")
RENEW = "python -m tests.router.planner.pinned_plans"
BATCHES = 16
GRAPHS = 8  # random graphs in a batch; about two thirds of them compose
OPERATIONS = 6  # over each of them
_MOST = 50_000  # options; no operation here takes nearly as many


@dataclass(frozen=True, slots=True)
class Case:
    """``name`` is the seed of the graph and the number of the operation over it."""

    name: str
    graph: FederatedGraph
    pair: Pair

    def plan(self, max_options: int = _MOST) -> QueryPlan:
        """Raises PlanningLimit where ``max_options`` are not enough."""
        operation = normalized(self.graph, self.pair.operation, self.pair.variables)
        return Planner(self.graph, max_options=max_options).plan(operation, self.pair.labels)


def cases(batch: int) -> Iterator[Case]:
    for seed in range(batch * GRAPHS, (batch + 1) * GRAPHS):
        chance = Seeded(seed)
        made = random_subgraphs(chance)
        if made.composition.errors:
            continue
        graph = read_supergraph(made.composition.supergraph_sdl)
        pairs = random_pairs(chance, made, graph.api)
        for number, pair in zip(range(OPERATIONS), pairs, strict=False):
            yield Case(f"{seed}/{number}", graph, pair)


def read_known() -> dict[str, dict[str, Any]]:
    """By case: ``plan`` (a line per step) and ``options``, the number of options examined."""
    return json.loads(KNOWN.read_text(encoding="utf-8"))


def _fewest_options(case: Case) -> int:
    low, high = 0, _MOST
    while low < high:
        middle = (low + high) // 2
        try:
            case.plan(middle)
        except PlanningLimit:
            low = middle + 1
        else:
            high = middle
    return low


def main() -> int:
    found: dict[str, dict[str, Any]] = {}
    for batch in range(BATCHES):
        for case in cases(batch):
            lines = steps_as_lines(case.plan())
            found[case.name] = {"options": _fewest_options(case), "plan": lines}
        sys.stderr.write(f"\r{batch + 1} of {BATCHES} ")
    KNOWN.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
