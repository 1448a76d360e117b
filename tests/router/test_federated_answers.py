"""Whatever the subgraphs and whatever the question: the answer is that of one merged service."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse, print_ast
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.chance import Drawn, Seeded
from tests.support.differential import compose_pairs, load
from tests.support.examples import examples
from tests.support.random_graph import random_graph
from tests.support.random_operation import random_operation
from tests.support.random_pairs import Found, compare_graph, compare_pairs
from tests.support.universe import Universe
from trellis.router.composition.compose import Composition
from trellis.router.supergraph import Supergraph

FIRST_SEEDS = range(0, 3_000, 200)
PAIRS_IN_CI = 20  # from each of these seeds on
PAIRS_IN_LONG_RUN = 30_000
LONG_RUN_SEED = 1_000_000
SHOWN = 5


def shown(found: Sequence[Found]) -> str:
    return "\n\n".join([f"{len(found)} of the answers differ:", *map(str, found[:SHOWN])])


@pytest.mark.parametrize("seed", FIRST_SEEDS)
def test_random_operations_over_random_graphs_give_the_monoliths_answer(seed: int):
    found = list(compare_pairs(seed, PAIRS_IN_CI))

    assert not found, shown(found)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_thirty_thousand_random_pairs_give_the_monoliths_answer(
    capsys: pytest.CaptureFixture[str],
):
    def progress(compared: int, seed: int) -> None:
        with capsys.disabled():
            sys.stderr.write(f"\r{compared:,} of {PAIRS_IN_LONG_RUN:,} pairs, seed {seed} ")

    found = list(compare_pairs(LONG_RUN_SEED, PAIRS_IN_LONG_RUN, progress))

    assert not found, shown(found)


@settings(
    max_examples=examples(6),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.data())
def test_a_difference_would_shrink_to_a_small_graph(data: st.DataObject):
    (difference,) = [*compare_graph(Drawn(data.draw), 1)] or [None]

    assert difference is None, str(difference)


def graph_that_composes(seed: int) -> tuple[list[tuple[str, str]], Composition]:
    while True:
        pairs = random_graph(Seeded(seed))
        composition = compose_pairs(pairs)
        if not composition.errors:
            return pairs, composition
        seed += 1_000


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_the_subgraphs_changes_nothing(seed: int):
    pairs, composition = graph_that_composes(seed)
    turned = compose_pairs(pairs[::-1])
    assert turned.supergraph_sdl == composition.supergraph_sdl
    assert turned.api_sdl == composition.api_sdl


@pytest.mark.parametrize("seed", range(20))
def test_an_unrelated_subgraph_changes_no_plan(seed: int):
    pairs, composition = graph_that_composes(seed)
    unrelated = 'type Query { lonely: Lonely } type Lonely @key(fields: "no") { no: ID! }'
    link = pairs[0][1].split("\n", 1)[0]
    more = compose_pairs([*pairs, ("zz", f"{link}\n{unrelated}")])
    assert not more.errors
    before, after = (
        Supergraph.load(composition.supergraph_sdl),
        Supergraph.load(more.supergraph_sdl),
    )
    text, variables = random_operation(Seeded(seed), before.schema)
    assert after.plan(text, variables).explain() == before.plan(text, variables).explain()


@pytest.mark.parametrize("seed", range(20))
def test_a_query_split_into_its_root_fields_gives_the_same_data(seed: int):
    pairs, composition = graph_that_composes(seed)
    supergraph = load(composition)
    universe = Universe(composition.api_sdl, pairs)
    text = operation_without_definitions(universe, seed)
    root = parse(text).definitions[0]
    assert isinstance(root, OperationDefinitionNode)
    parts: dict[str, Any] = {}
    for selection in root.selection_set.selections:
        part = f"{{ {print_ast(selection)} }}"
        answer = asyncio.run(supergraph.execute(part, transports=universe.transports()))
        parts.update(answer["data"])
    whole = asyncio.run(supergraph.execute(text, transports=universe.transports()))
    assert whole == {"data": parts}


def operation_without_definitions(universe: Universe, seed: int) -> str:
    """A random query with neither variables nor named fragments, so that its parts stand alone."""
    chance = Seeded(seed)
    while True:
        text, variables = random_operation(chance, universe.api)
        if not variables and "fragment" not in text:
            return text
