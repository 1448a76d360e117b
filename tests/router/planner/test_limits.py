"""Hostile operations are planned or refused, soon and small."""

import tracemalloc
from time import thread_time

import pytest

from tests.support.planning import federated_graph, normalized
from trellis.router.errors import PlanningError, PlanningLimit
from trellis.router.planner.planner import Planner

SECONDS = 2.0  # of CPU, on a machine that may be busy; on a quiet one it is below 0.5
BYTES = 50_000_000


@pytest.fixture(scope="module")
def graph():
    def part(name: str) -> str:
        return f"""
            interface Node {{ id: ID! next: Node }}
            type Left implements Node @key(fields: "id") {{
              id: ID! next: Node @shareable {name}: Pair {name}Leaf: Int }}
            type Right implements Node @key(fields: "id") {{
              id: ID! next: Node @shareable {name}: Pair {name}Leaf: Int }}
            union Pair = Left | Right
        """

    return federated_graph(a="type Query { pair: Pair node: Node }" + part("a"), b=part("b"))


def chain(link: str, last: str, root: str, length: int = 60) -> str:
    links = (f"fragment F{n} " + link.replace("NEXT", f"...F{n + 1}") for n in range(length))
    return f"{{ {root} {{ ...F0 }} }} {' '.join(links)} fragment F{length} {last}"


def plan_or_refuse(graph, operation) -> None:
    try:
        Planner(graph).plan(operation)
    except PlanningLimit as refusal:
        assert "Request less" in refusal.message  # noqa: PT017  both outcomes are right


@pytest.mark.parametrize(
    "document",
    [
        chain(
            "on Pair { ... on Left { a { NEXT } } ... on Right { a { NEXT } } }",
            "on Pair { __typename }",
            "pair",
        ),
        chain(
            "on Pair { ... on Left { a { NEXT } } ... on Right { b { NEXT } } }",
            "on Pair { __typename }",
            "pair",
        ),
        chain(
            "on Pair { ... on Left { a { NEXT ... on Left { aLeaf } } }"
            " ... on Right { b { NEXT ... on Right { bLeaf } } } }",
            "on Pair { __typename }",
            "pair",
        ),
        chain("on Node { x: next { NEXT } y: next { NEXT } }", "on Node { id }", "node"),
        chain(
            "on Node { ... on Left { next { NEXT id } bLeaf } ... on Right { next { NEXT } } }",
            "on Node { id }",
            "node",
        ),
        "{ node { " + " ".join(f"a{n}: id" for n in range(10_000)) + " } }",
        "{ " + " ".join(f"a{n}: node {{ ... on Left {{ bLeaf }} }}" for n in range(3_000)) + " }",
    ],
    ids=["one way", "two ways", "two selections", "aliases", "by type", "leaves", "roots"],
)
def test_no_operation_takes_long_or_much(graph, document: str) -> None:
    operation = normalized(graph, document)
    started = thread_time()
    plan_or_refuse(graph, operation)
    took = thread_time() - started
    # Tracing memory makes everything several times slower, so it is another run.
    tracemalloc.start()
    plan_or_refuse(graph, operation)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert took < SECONDS
    assert most < BYTES


def test_what_takes_more_options_than_allowed_is_refused(graph) -> None:
    fields = " ".join(f"... on Left {{ a{n}: a {{ ... on Left {{ bLeaf }} }} }}" for n in range(90))
    document = "{ pair { " + fields.replace("bLeaf", "bLeaf a { ... on Right { bLeaf } }") + " } }"
    operation = normalized(graph, document)

    assert Planner(graph, max_options=1_000).plan(operation).fetch_count == 2
    with pytest.raises(PlanningLimit, match="examine more than 10 ways to fetch its fields"):
        Planner(graph, max_options=10).plan(operation)


def test_what_no_subgraph_reaches_is_named(graph) -> None:
    other = federated_graph(a="type Query { pair: Int lost: Int }")

    with pytest.raises(PlanningError, match="'lost' on Query"):
        Planner(graph).plan(normalized(other, "{ lost }"))
