"""Whatever the subgraphs and whatever the question: the answer is that of one merged service."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse, print_ast
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.composition.compose import Composition, compose
from router.composition.subgraph import Subgraph
from router.operation.limits import GENEROUS
from router.planner.check import check_plan
from router.supergraph import Supergraph, SupergraphOptions
from tests.support.chance import Chance, Drawn, Seeded, some
from tests.support.random_graph import LABELS, random_graph
from tests.support.random_operation import random_operation
from tests.support.universe import MockTransport, Universe

PAIRS_IN_CI = 500
PAIRS_IN_LONG_RUN = 10_000
OPERATIONS = 5
OPTIONS = SupergraphOptions(limits=GENEROUS)


def compose_pairs(pairs: list[tuple[str, str]]) -> Composition:
    return compose([Subgraph(name, f"http://{name}.test", sdl) for name, sdl in pairs])


def difference(
    supergraph: Supergraph, universe: Universe, text: str, variables: dict[str, Any]
) -> str:
    """Empty when router and monolith agree; otherwise what one needs to reproduce it."""
    labels = universe.labels
    transports = unevenly_fast(universe.transports(), len(text))
    answer = asyncio.run(answer_of(supergraph, text, variables, transports, labels))
    right = universe.monolith(text, variables)
    unsound = check_plan(supergraph.plan(text, variables, labels=labels), supergraph.graph)
    if answer.get("data") == right and not answer.get("errors") and not unsound:
        return ""
    parts = [text, str(variables), f"right: {right}", f"router: {answer}", *unsound]
    return "\n".join([*parts, *(f"-> {name}: {query}" for name, query in universe.requests)])


async def answer_of(
    supergraph: Supergraph,
    text: str,
    variables: dict[str, Any],
    transports: dict[str, MockTransport],
    labels: frozenset[str],
) -> dict[str, Any]:
    """The response, for a subscription that of its only event."""
    if not text.startswith("subscription"):
        return await supergraph.execute(text, variables, transports=transports, labels=labels)
    events = supergraph.subscribe(text, variables, transports=transports, labels=labels)
    (answer,) = [event async for event in events]
    return answer


def unevenly_fast(transports: dict[str, MockTransport], order: int) -> dict[str, MockTransport]:
    """The transports, each with another number of turns of the event loop before its answer."""

    def late(send: MockTransport, turns: int) -> MockTransport:
        async def answer(query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
            for _ in range(turns):
                await asyncio.sleep(0)
            return await send(query, variables)

        return answer

    names = list(transports)
    return {
        name: late(send, 8 * ((names.index(name) + order) % len(names)))
        for name, send in transports.items()
    }


def check_graph(chance: Chance, operations: int) -> int:
    """Compose a random graph and compare some operations; the number compared."""
    pairs = random_graph(chance, is_wide=True)
    composition = compose_pairs(pairs)
    if composition.errors:
        assert {e.code for e in composition.errors} <= {"SATISFIABILITY_ERROR", "NO_QUERIES"}
        return 0
    supergraph = Supergraph.load(composition.supergraph_sdl, options=OPTIONS)
    for _ in range(operations):
        labels = frozenset(some(chance, LABELS, 0, 2))
        universe = Universe(composition.api_sdl, pairs, labels)
        text, variables = random_operation(chance, universe.api)
        problem = difference(supergraph, universe, text, variables)
        assert not problem, "\n".join([problem, *(f"# {n}\n{sdl}" for n, sdl in pairs)])
    return operations


def run_pairs(first_seed: int, pairs: int) -> None:
    compared, seed = 0, first_seed
    while compared < pairs:
        compared += check_graph(Seeded(seed), OPERATIONS)
        seed += 1


def test_random_operations_over_random_graphs_give_the_monoliths_answer():
    run_pairs(0, PAIRS_IN_CI)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ten_thousand_random_pairs_give_the_monoliths_answer():
    run_pairs(1_000_000, PAIRS_IN_LONG_RUN)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.data())
def test_a_difference_would_shrink_to_a_small_graph(data: st.DataObject):
    check_graph(Drawn(data.draw), 1)


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
    supergraph = Supergraph.load(composition.supergraph_sdl, options=OPTIONS)
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
