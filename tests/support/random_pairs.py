"""Random subgraphs with random operations, and what the router answers differently from one merged
service. The same seed gives the same pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from graphql import GraphQLSchema

from tests.support.chance import Chance, Seeded, happens, pick, some
from tests.support.differential import Difference, Pair, compose_pairs, find_difference, load
from tests.support.merging_operation import merging_operation
from tests.support.random_federation import random_federation
from tests.support.random_graph import LABELS, random_graph
from tests.support.random_operation import random_operation
from tests.support.universe import Universe
from trellis.router.composition.compose import Composition

OPERATIONS = 5  # over each graph that composes
# What random subgraphs may be refused for; anything else is a fault of theirs or of composition.
REFUSALS = frozenset(
    {
        "INTERFACE_FIELD_NO_IMPLEM",
        "NO_QUERIES",
        "SATISFIABILITY_ERROR",
        "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES",
    }
)


@dataclass(frozen=True, slots=True)
class RandomGraph:
    """Subgraphs and what composing them gave."""

    subgraphs: list[tuple[str, str]]
    composition: Composition
    has_labels: bool


def random_subgraphs(chance: Chance) -> RandomGraph:
    """One graph: of nested objects three times in four, else of override labels and the like."""
    has_labels = not happens(chance, 75)
    made = random_graph(chance, is_wide=True) if has_labels else random_federation(chance)
    composition = compose_pairs(made)
    codes = {error.code for error in composition.errors}
    assert codes <= REFUSALS, [str(error) for error in composition.errors]
    return RandomGraph(made, composition, has_labels)


def random_pairs(chance: Chance, graph: RandomGraph, schema: GraphQLSchema) -> Iterator[Pair]:
    """Endless operations over the graph."""
    makers = [merging_operation, random_operation] if graph.has_labels else [merging_operation]
    while True:
        labels = frozenset(some(chance, LABELS, 0, 2)) if graph.has_labels else frozenset[str]()
        text, variables = pick(chance, makers)(chance, schema)
        yield Pair(graph.subgraphs, text, variables, labels)


def compare_graph(chance: Chance, operations: int) -> Iterator[Difference | None]:
    """What differs for each of some operations over a random graph; nothing for a graph that does
    not compose."""
    graph = random_subgraphs(chance)
    if graph.composition.errors:
        return
    supergraph = load(graph.composition)
    first = Universe(graph.composition.api_sdl, graph.subgraphs)
    for pair, _ in zip(random_pairs(chance, graph, first.api), range(operations), strict=False):
        universe = Universe(graph.composition.api_sdl, graph.subgraphs, pair.labels)
        yield find_difference(supergraph, universe, pair)


@dataclass(frozen=True, slots=True)
class Found:
    """A difference, and by which seed and number to find it again."""

    seed: int
    number: int
    difference: Difference

    def __str__(self) -> str:
        again = f"python -m tests.support.minimize {self.seed} {self.number}"
        return f"{again}\n{self.difference}"


def compare_pairs(
    first_seed: int, pairs: int, progress: Callable[[int, int], None] | None = None
) -> Iterator[Found]:
    """Everything that differs among so many pairs, graph by graph from the seed on. ``progress``
    gets the number of pairs compared and the next seed."""
    compared, seed = 0, first_seed
    while compared < pairs:
        for number, difference in enumerate(compare_graph(Seeded(seed), OPERATIONS)):
            compared += 1
            if difference is not None:
                yield Found(seed, number, difference)
        seed += 1
        if progress is not None:
            progress(compared, seed)


def pair_of(seed: int, number: int) -> Pair:
    """The pair that ``compare_pairs`` names so."""
    chance = Seeded(seed)
    graph = random_subgraphs(chance)
    schema = Universe(graph.composition.api_sdl, graph.subgraphs).api
    pairs = random_pairs(chance, graph, schema)
    return [pair for pair, _ in zip(pairs, range(number + 1), strict=False)][number]
