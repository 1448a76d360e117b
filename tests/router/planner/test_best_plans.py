"""Plans of small random graphs against the best of all plans, which ``every_plan`` finds by trying
all sets of requests."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pytest

from tests.support.chance import Seeded
from tests.support.every_plan import EveryPlan, Request, cost_of
from tests.support.small_graph import SmallGraph, small_graph, small_selection, text_of
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.planner.query_plan import QueryPlan
from trellis.router.supergraph import Supergraph

OPERATIONS = 3  # over each graph that composes


@dataclass(frozen=True, slots=True)
class Compared:
    """A plan beside the best one (None: nothing is cheaper)."""

    seed: int
    operation: str
    objects: int
    requests: tuple[Request, ...]
    is_enough: bool
    better: tuple[Request, ...] | None

    @property
    def later(self) -> int:
        """How many rounds more it takes."""
        return 0 if self.better is None else max(self.requests)[0] - max(self.better)[0]

    @property
    def more(self) -> int:
        """How many requests more it takes."""
        return 0 if self.better is None else len(self.requests) - len(self.better)


def requests_of(plan: QueryPlan) -> tuple[Request, ...]:
    turns: dict[int, int] = {}
    for step in plan.steps:
        turns[step.id] = 1 + max((turns[other] for other in step.after), default=-1)
    return tuple(sorted((turns[step.id], step.service) for step in plan.steps))


def compared(seeds: Iterable[int]) -> Iterator[Compared]:
    for seed in seeds:
        chance = Seeded(seed)
        graph = small_graph(chance)
        composition = compose(
            [Subgraph(name, f"http://{name}.test", sdl) for name, sdl in graph.sdls()]
        )
        assert {error.code for error in composition.errors} <= {"SATISFIABILITY_ERROR"}, seed
        if composition.errors:
            continue
        supergraph = Supergraph.load(composition.supergraph_sdl)
        for _ in range(OPERATIONS):
            found = _compare(seed, chance, graph, supergraph)
            if found is not None:
                yield found


def _compare(
    seed: int, chance: Seeded, graph: SmallGraph, supergraph: Supergraph
) -> Compared | None:
    tree = small_selection(chance, graph)
    if not tree:
        return None
    operation = text_of(tree)
    requests = requests_of(supergraph.plan(operation))
    every = EveryPlan.of(graph, tree)
    better = every.cheapest_below(cost_of(requests))
    return Compared(
        seed,
        operation,
        every.objects,
        requests,
        every.is_answered_by(requests),
        None if better is None else tuple(better),
    )


# What is chosen for an object or a key knows nothing of its neighbours: of ways that are equally
# good for each, the one that they could share may be missed. These graphs show it, by a request or
# two in the same number of rounds.
WORSE = {45, 94, 98, 136, 187, 191, 202, 208, 217, 256, 282}
BATCH, BATCHES = 20, 15


@pytest.mark.parametrize("batch", range(BATCHES))
def test_plans_are_as_good_as_the_best_of_all_but_where_neighbours_could_share(batch: int) -> None:
    plans = list(compared(range(batch * BATCH, (batch + 1) * BATCH)))

    assert len(plans) >= 30
    assert sum(plan.objects > 2 for plan in plans) > 10
    assert [plan for plan in plans if not plan.is_enough] == []
    worse = [plan for plan in plans if plan.better is not None]
    assert [plan for plan in worse if plan.seed not in WORSE] == []
    assert [plan for plan in worse if plan.later > 0 or plan.more > 2] == []


@pytest.mark.long
@pytest.mark.parametrize("batch", range(5))
def test_plans_of_other_graphs_are_nearly_always_as_good_as_the_best_of_all(batch: int) -> None:
    first = random.randrange(1_000_000) * 1_000 + batch
    plans = list(compared(range(first, first + 1_000)))

    assert [plan for plan in plans if not plan.is_enough] == []
    worse = [plan for plan in plans if plan.better is not None]
    assert len(worse) <= len(plans) // 25, worse
    late = [plan for plan in worse if plan.later > 0 or plan.more > 2]
    assert len(late) <= len(plans) // 500, late
