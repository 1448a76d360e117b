"""Generated graphs with rules, operations, callers and ways to write the same: every verdict, every
answer and every fetch is what an independent model says."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_client_schema,
    get_named_type,
    introspection_from_schema,
    is_leaf_type,
    parse,
    validate,
    validate_schema,
    visit,
)

from tests.router.authorization.oracle import Expected, Oracle
from tests.support.chance import Seeded
from tests.support.protecting import Placed, protect
from tests.support.random_graph import random_graph
from tests.support.random_operation import random_operation
from tests.support.rewriting import original, rewrite
from tests.support.universe import Universe
from trellis.router.authorization.policies.outcome import PolicyOutcome
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.errors import OperationRefused
from trellis.router.operation.limits import GENEROUS
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import Answer, answer
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.function import FunctionTransport
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.request import RequestContext

BATCHES, GRAPHS, OPERATIONS, REWRITES = 9, 3, 3, 6
Composite = GraphQLObjectType | GraphQLInterfaceType
Operation = tuple[str, dict[str, Any]]

CALLERS = {
    "anonymous": ANONYMOUS,
    "nobody in particular": Identity(id=UUID(int=1), scopes=frozenset({"unrelated"})),
    "in part": Identity(id=UUID(int=2), scopes=frozenset({"b"})),
    "with a scope": Identity(id=UUID(int=3), scopes=frozenset({"a"})),
    "admin": Identity(id=UUID(int=4), roles=frozenset({"admin"})),
}


@dataclass(frozen=True)
class Graph:
    """A protected supergraph beside the world it stands for."""

    supergraphs: dict[bool, Supergraph]
    universe: Universe
    placed: Placed


@cache
def graph_of(seed: int) -> Graph | None:
    """None when the random subgraphs do not compose or have no rules."""
    chance = Seeded(seed)
    pairs = random_graph(chance)
    protected, placed = protect(chance, pairs)
    composition = compose([Subgraph(n, f"http://{n}.test", sdl) for n, sdl in protected])
    if composition.errors or not placed.rules:
        return None
    universe = Universe(composition.api_sdl, pairs)
    transports = {name: FunctionTransport(send) for name, send in universe.transports().items()}
    supergraphs = {
        reject: Supergraph.load(
            composition.supergraph_sdl,
            transports=transports,
            options=SupergraphOptions(limits=GENEROUS, reject=reject, permitted_view=True),
        )
        for reject in (False, True)
    }
    return Graph(supergraphs, universe, placed)


def graphs(batch: int) -> list[Graph]:
    found, seed = [], batch * 1000
    while len(found) < GRAPHS:
        graph = graph_of(seed)
        if graph is not None:
            found.append(graph)
        seed += 1
    return found


def valid_operation(chance: Seeded, schema: GraphQLSchema) -> Operation:
    """Random operations may ask fields of one name and different types under one key."""
    while True:
        text, variables = random_operation(chance, schema)
        if not validate(schema, parse(text)):
            return text, variables


async def ask(
    supergraph: Supergraph, text: str, variables: dict[str, Any], caller: Identity
) -> Answer:
    return await answer(GraphQLRequest(text, variables), RequestContext(caller), supergraph)


def heard(result: Answer) -> Expected:
    """An answer, spelt like the model's."""
    codes = {error["extensions"]["code"] for error in result.errors}
    paths = frozenset(tuple(map(original, error.get("path", ()))) for error in result.errors)
    if not result.executed:
        (code,) = codes
        return Expected(code, paths if code != "UNAUTHENTICATED" else frozenset())
    assert codes <= {"UNAUTHORIZED_FIELD_OR_TYPE"}, result.errors
    return Expected(None, paths)


def plain(data: Any) -> Any:
    """Data under its original response keys, without the rewriter's own."""
    if isinstance(data, dict):
        return {original(k): plain(v) for k, v in data.items() if k not in ("x_", "y_")}
    return [plain(item) for item in data] if isinstance(data, list) else data


def judged(supergraph: Supergraph, text: str, given: dict[str, Any], caller: Identity) -> Any:
    """The verdict alone, without running anything: code and refused paths."""
    _, variables, operation = supergraph.reader.read(GraphQLRequest(text, given))
    outcome = PolicyOutcome(provided=supergraph.enforcer.provided(operation, variables))
    try:
        refusals = supergraph.enforcer.authorize(operation, caller, outcome).refusals
    except OperationRefused as refusal:
        codes = {error["extensions"]["code"] for error in refusal.errors}
        return codes, {tuple(map(original, e.get("path", ()))) for e in refusal.errors}
    return set(), {tuple(map(original, error["path"])) for error in refusals}


class _Asked(Visitor):
    """Which fields of which types a subgraph was asked for."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.fields: set[tuple[str, str]] = set()

    def enter_field(self, node: Any, *_: Any) -> None:
        parent = self.info.get_parent_type()
        if isinstance(parent, GraphQLObjectType):
            self.fields.add((parent.name, node.name.value))


def asked(universe: Universe) -> set[tuple[str, str]]:
    """All fields asked of subgraphs but those of keys, which the router needs for itself."""
    found: set[tuple[str, str]] = set()
    for name, query in universe.requests:
        info = TypeInfo(universe.parts[name].schema)
        visitor = _Asked(info)
        visit(parse(query), TypeInfoVisitor(info, visitor))
        found |= visitor.fields
    needed = {name for part in universe.parts.values() for name in part.field_set_names()}
    internal = {"__typename", "_entities", *needed}
    return {(owner, field) for owner, field in found if field not in internal}


@pytest.mark.parametrize("batch", range(BATCHES))
async def test_answers_and_fetches_are_what_the_model_says(batch: int):
    chance, judged_pairs = Seeded(batch), 0
    for graph in graphs(batch):
        for number in range(OPERATIONS):
            first = valid_operation(chance, graph.universe.api)
            others = [rewrite(chance, graph.universe.api, *first) for _ in range(REWRITES)]
            documents = [first, *others]
            for name, caller in CALLERS.items():
                expected = Oracle(graph.universe.api, graph.placed, caller).expect(*first)
                for document, given in documents:
                    verdict = judged(graph.supergraphs[False], document, given, caller)
                    assert verdict == spelt(expected), (name, document)
                judged_pairs += len(documents)
                document, given = documents[number % len(documents)]
                await check_answer(graph, caller, first, document, given)
                await check_rejection(graph, caller, first, document, given)
    assert judged_pairs == GRAPHS * OPERATIONS * (REWRITES + 1) * len(CALLERS)


def spelt(expected: Expected) -> tuple[set[str], set[tuple[str, ...]]]:
    if expected.code is None:
        return set(), {*expected.paths}
    return {expected.code}, {*expected.paths} or {()}


async def check_answer(
    graph: Graph, caller: Identity, first: Operation, text: str, given: dict[str, Any]
) -> None:
    """What of the answer and what of the fetches another way to write ``first`` leads to."""
    oracle = Oracle(graph.universe.api, graph.placed, caller)
    expected = oracle.expect(*first, graph.universe)
    graph.universe.requests.clear()
    result = await ask(graph.supergraphs[False], text, given, caller)
    assert heard(result) == Expected(expected.code, expected.paths), (caller, text, result)
    if expected.data is not None:
        assert {"data": plain(result.to_dict()["data"])} == expected.data, (caller, text)
    if expected.code or expected.is_nothing_left:
        assert graph.universe.requests == []
    denied = {place for place in asked(graph.universe) if not oracle.may_field(*place)}
    assert denied == set(), (caller, text)


async def check_rejection(
    graph: Graph, caller: Identity, first: Operation, text: str, given: dict[str, Any]
) -> None:
    oracle = Oracle(graph.universe.api, graph.placed, caller)
    expected = oracle.expect(*first, reject=True)
    graph.universe.requests.clear()
    result = heard(await ask(graph.supergraphs[True], text, given, caller))
    assert result == expected, (caller, text)
    assert not expected.code or graph.universe.requests == []


@pytest.mark.parametrize("batch", range(BATCHES))
def test_what_a_view_shows_may_be_asked_and_what_it_hides_is_refused(batch: int):
    for graph in graphs(batch):
        supergraph = graph.supergraphs[False]
        for name, caller in CALLERS.items():
            view = supergraph.schema_for(caller)
            assert validate_schema(view) == []
            assert validate_schema(build_client_schema(introspection_from_schema(view))) == []
            shown = set(queries(view)) - {"{ _ }"}
            for query in shown:
                assert judged(supergraph, query, {}, caller) == (set(), set()), (name, query)
            for query in set(queries(supergraph.schema)) - shown:
                if "__typename" not in query:
                    assert judged(supergraph, query, {}, caller) != (set(), set()), (name, query)


def queries(schema: GraphQLSchema) -> Iterator[str]:
    """A shortest query for each field of each type that can be reached from Query."""
    assert schema.query_type is not None
    waiting: deque[tuple[Composite, str]] = deque([(schema.query_type, "{ %s }")])
    seen = {schema.query_type.name}
    while waiting:
        parent, query = waiting.popleft()
        for name, definition in parent.fields.items():
            target = get_named_type(definition.type)
            if is_leaf_type(target):
                yield query % name
                continue
            conditions = {target.name: "%s"}
            if isinstance(target, GraphQLInterfaceType | GraphQLUnionType):
                members = sorted(t.name for t in schema.get_possible_types(target))
                conditions |= {member: f"... on {member} {{ %s }}" for member in members}
                yield query % f"{name} {{ {conditions[members[0]] % '__typename'} }}"
            else:
                yield query % f"{name} {{ __typename }}"
            for reached, condition in conditions.items():
                kind = schema.type_map[reached]
                if reached not in seen and isinstance(kind, Composite):
                    seen.add(reached)
                    waiting.append((kind, query % f"{name} {{ {condition} }}"))
