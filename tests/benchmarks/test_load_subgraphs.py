"""How long it takes to read and check the SDL of 16 subgraphs of 60 types."""

import time
from collections.abc import Callable

import pytest
from graphql import parse

from tests.support.composing import federation_2
from trellis.router.composition.parse import parse_schema
from trellis.router.composition.subgraph import Subgraph
from trellis.router.composition.subgraphs import load_subgraphs

pytestmark = pytest.mark.bench

TYPES = 60
SUBGRAPHS = 16


def subgraph(number: int) -> Subgraph:
    name = f"s{number}"
    types = "\n".join(
        f"""
        "A thing of {name}"
        type {name}T{i} @key(fields: "id") {{
          id: ID!
          name: String @tag(name: "x")
          "What it costs"
          price(currency: String = "EUR", net: Boolean): Float
          next: {name}T{(i + 1) % TYPES}
          list(first: Int, after: String): [{name}T{(i + 2) % TYPES}!]! @authenticated
        }}
        """
        for i in range(TYPES)
    )
    sdl = federation_2(f"type Query {{ {name}: {name}T0 }}\n{types}")
    return Subgraph(name, f"http://{name}", sdl)


def seconds(work: Callable[[], object]) -> float:
    """The processor time of the best of five runs."""
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def test_loading_takes_less_time_than_another_parser_alone():
    subgraphs = [subgraph(number) for number in range(SUBGRAPHS)]

    library = seconds(lambda: [parse(s.sdl) for s in subgraphs])
    reading = seconds(lambda: [parse_schema(s.name, s.sdl) for s in subgraphs])
    loading = seconds(lambda: load_subgraphs(subgraphs))

    print(  # noqa: T201
        f"\n{SUBGRAPHS} subgraphs of {TYPES} types: graphql-core's parser {library:.3f} s,"
        f" our reader {reading:.3f} s, reading and all checks {loading:.3f} s"
    )
    assert reading < library / 2
    assert loading < library
