"""The random graphs have the shapes that they are made for, and most of them compose."""

import re

from tests.support.chance import Seeded
from tests.support.merging_operation import merging_operation
from tests.support.random_federation import random_federation
from tests.support.random_pairs import random_subgraphs
from tests.support.universe import Universe

GRAPHS = 300
SHAPES = {
    "a key with a nested object": r'@key\(fields: "[^"]*\{',
    "a key with another entity": r'@key\(fields: "of \{',
    "a requirement with nested fields": r'@requires\(fields: "[^"]*\{[^"]*\{',
    "a requirement below a type condition": r'@requires\(fields: "[^"]*\.\.\. on',
    "a requirement of an interface object": r"type Media [^}]*@requires",
    "provided fields below a type condition": r'@provides\(fields: "[^"]*\.\.\. on',
    "an interface that implements another": r"interface I\dSub implements",
    "two interface objects in one subgraph": r"type Media .*@interfaceObject(.|\n)*"
    r"type Priced .*@interfaceObject",
    "an object field of an interface": r"interface I\d \{\n  i\d\d: \[*[EVIU]",
    "a split value below a mutation": r"type Mutation \{\n  do\d: \[*V",
    "a subscription": r"type Subscription",
    "a union": r"union U\d = \w+ \|",
}


def test_every_shape_is_in_some_graph_that_composes():
    sdls = [sdl for seed in range(GRAPHS) for sdl in composed_sdls(seed)]

    assert len(sdls) > GRAPHS
    missing = [name for name, shape in SHAPES.items() if not any(re.search(shape, s) for s in sdls)]
    assert missing == []


def composed_sdls(seed: int) -> list[str]:
    graph = random_subgraphs(Seeded(seed))
    return [] if graph.composition.errors else [sdl for _, sdl in graph.subgraphs]


def test_the_same_seed_gives_the_same_graph_and_operation():
    first, second = random_federation(Seeded(7)), random_federation(Seeded(7))
    assert first == second

    graph = next(g for g in (random_subgraphs(Seeded(s)) for s in range(50)) if g.composition.is_ok)
    schema = Universe(graph.composition.api_sdl, graph.subgraphs).api
    assert merging_operation(Seeded(3), schema) == merging_operation(Seeded(3), schema)
