"""Composition's verdict and the planner agree: what is called answerable is planned, and the query
that is called unanswerable has no plan."""

from collections import deque
from collections.abc import Iterator

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_abstract_type, is_leaf_type

from tests.support.chance import Seeded
from tests.support.random_graph import random_graph
from trellis.router.composition.compose import compose
from trellis.router.composition.merge import merge_subgraphs
from trellis.router.composition.subgraph import Subgraph
from trellis.router.composition.subgraphs import load_subgraphs
from trellis.router.composition.supergraph_sdl import print_supergraph
from trellis.router.errors import PlanningError
from trellis.router.operation.limits import GENEROUS
from trellis.router.supergraph import Supergraph, SupergraphOptions

OPTIONS = SupergraphOptions(limits=GENEROUS)
BATCH, BATCHES = 20, 10


def subgraphs_of(seed: int) -> list[Subgraph]:
    pairs = random_graph(Seeded(seed))
    return [Subgraph(name, f"http://{name}.test", sdl) for name, sdl in pairs]


def queries_for_every_field(schema: GraphQLSchema) -> Iterator[str]:
    """A shortest query for each field of each object type that can be reached from Query."""
    assert schema.query_type is not None
    seen = {schema.query_type.name}
    waiting: deque[tuple[GraphQLObjectType, str]] = deque([(schema.query_type, "{ %s }")])
    while waiting:
        parent, query = waiting.popleft()
        for name, definition in parent.fields.items():
            target = get_named_type(definition.type)
            if is_leaf_type(target):
                yield query % name
                continue
            yield query % f"{name} {{ __typename }}"
            reached = schema.get_possible_types(target) if is_abstract_type(target) else [target]
            for concrete in reached:
                if concrete.name not in seen:
                    seen.add(concrete.name)
                    below = query % f"{name} {{ ... on {concrete.name} {{ %s }} }}"
                    waiting.append((concrete, below))


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_field_of_a_graph_that_composes_can_be_planned(batch: int):
    planned = 0
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        composition = compose(subgraphs_of(seed))
        if composition.errors:
            continue
        supergraph = Supergraph.load(composition.supergraph_sdl, options=OPTIONS)
        for query in queries_for_every_field(supergraph.schema):
            supergraph.plan(query)
            planned += 1
    assert planned > 100


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_query_shown_as_unanswerable_has_no_plan(batch: int):
    wrong, checked = [], 0
    for seed in range(batch * BATCH * 5, (batch + 1) * BATCH * 5):
        subgraphs = subgraphs_of(seed)
        errors = compose(subgraphs).errors
        # What a field requires must be found from its own subgraph alone, as in Apollo's rules;
        # planning also knows what the way there has brought already.
        unanswerable = [
            error
            for error in errors
            if error.code == "SATISFIABILITY_ERROR" and "@requires cannot" not in error.message
        ]
        if not unanswerable:
            continue
        loaded, _ = load_subgraphs(subgraphs)
        supergraph = Supergraph.load(print_supergraph(merge_subgraphs(loaded)), options=OPTIONS)
        for error in unanswerable:
            checked += 1
            query = error.message.split(":\n", 1)[1].split("\nbecause", 1)[0]
            try:
                supergraph.plan(query.replace("...\n", "__typename\n"))
            except PlanningError:
                continue
            wrong.append((seed, query))
    assert checked > 3
    assert wrong == []


@pytest.mark.parametrize("batch", range(4))
def test_renamed_types_change_no_count_of_any_plan(batch: int):
    planned = 0
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        pairs = random_graph(Seeded(seed))
        renamed = [(name, sdl.replace("E", "Zz")) for name, sdl in pairs]
        before, after = (
            compose([Subgraph(n, f"http://{n}.test", sdl) for n, sdl in variant])
            for variant in (pairs, [(n, s.replace("GRZzZzN", "GREEN")) for n, s in renamed])
        )
        assert [e.code for e in before.errors] == [e.code for e in after.errors]
        if before.errors:
            continue
        one = Supergraph.load(before.supergraph_sdl, options=OPTIONS)
        other = Supergraph.load(after.supergraph_sdl, options=OPTIONS)
        for query in queries_for_every_field(one.schema):
            left, right = one.plan(query), other.plan(query.replace("E", "Zz"))
            assert (left.fetch_count, left.depth) == (right.fetch_count, right.depth), query
            planned += 1
    assert planned > 100
