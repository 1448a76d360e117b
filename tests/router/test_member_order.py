"""Members stand in the order of the specification: that in which CollectFields meets the response
keys for the runtime type of each object, whichever way the answer is made."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

from tests.support.chance import Chance, Seeded, happens, pick
from tests.support.planning import LINK
from tests.support.recording import RecordingTransport
from tests.support.universe import MockTransport, Universe
from trellis.router.authorization.authorize import allow_all
from trellis.router.authorization.policies.registry import LocalPolicies, PolicySource
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.exact_json import dumps
from trellis.router.executor.complete import complete
from trellis.router.executor.execute import execute
from trellis.router.executor.run import gather
from trellis.router.operation.limits import GENEROUS
from trellis.router.operation.model import each_field
from trellis.router.operation.request import ALL_KINDS, GraphQLRequest
from trellis.router.pipeline import stream
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse, Transport
from trellis.router.transports.function import FunctionTransport
from trellis.router.transports.read import read_body
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.policy import GuardedObject, ObjectPolicy
from trellis.schema.request import RequestContext

SEEDS = range(40)
MANY_SEEDS = range(40, 3_000)
ALONE = {
    "a": """
        type Query { has: Has hases: [Has] any: Any anys: [[Any]] one: A }
        union Any = A | B | C
        interface Has { x: Int y: Int to: Has other: Any }
        interface Named { name: String y: Int }
        type A implements Has & Named { x: Int y: Int to: Has other: Any name: String a: Int }
        type B implements Has & Named { x: Int y: Int to: Has other: Any name: String b: Int }
        type C implements Has { x: Int y: Int to: Has other: Any c: Int }
    """,
}
SHARED_OUT = {
    "a": """
        type Query { has: Has hases: [Has] any: Any anys: [[Any]] }
        union Any = A | B
        interface Has { x: Int to: Has }
        type A implements Has @key(fields: "id") { id: ID! x: Int to: Has a: Int }
        type B implements Has @key(fields: "id") { id: ID! x: Int to: Has }
    """,
    "b": """
        interface Has { y: Int other: Has }
        type A implements Has @key(fields: "id") { id: ID! y: Int other: Has }
        type B implements Has @key(fields: "id") { id: ID! y: Int other: Has b: Int }
    """,
}
INTERFACE_OBJECT = {
    "a": """
        type Query { has: Has hases: [Has] }
        interface Has @key(fields: "id") { id: ID! x: Int to: Has }
        type A implements Has @key(fields: "id") { id: ID! x: Int to: Has a: Int }
        type B implements Has @key(fields: "id") { id: ID! x: Int to: Has b: Int }
    """,
    "b": """
        type Query { found: Has founds: [Has] }
        type Has @key(fields: "id") @interfaceObject { id: ID! y: Int other: Has }
    """,
}
GRAPHS = {"alone": ALONE, "shared out": SHARED_OUT, "interface object": INTERFACE_OBJECT}


class _OverBytes:
    """Answers as over HTTP, with the bytes of the answer."""

    is_in_process = False

    def __init__(self, ask: MockTransport) -> None:
        self._function = FunctionTransport(ask)

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        answer = await self._function.answers(request.query, request.variables)
        return read_body(request.subgraph, dumps(answer))

    def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        return self._function.subscribe(request)

    async def aclose(self) -> None:
        return None


class _Maker:
    """Queries that ask the same few response keys again and again, in fragments on all types."""

    def __init__(self, chance: Chance, schema: GraphQLSchema) -> None:
        self._chance = chance
        self._schema = schema
        self._budget = 60
        self._spreads: list[tuple[str, GraphQLNamedType]] = []
        self._written: list[str] = []

    def query(self) -> str:
        assert self._schema.query_type is not None
        body = self._selection(self._schema.query_type, 0)
        return " ".join([f"query {body}", *self._written])

    def _selection(self, parent: GraphQLNamedType, depth: int) -> str:
        parts = [self._part(parent, depth) for _ in range(self._chance.number(1, 4))]
        return "{ " + " ".join(parts) + " }"

    def _part(self, parent: GraphQLNamedType, depth: int) -> str:
        self._budget -= 1
        names = self._names(parent, depth)
        if names and (depth == 0 or self._budget < 0 or happens(self._chance, 50)):
            return self._field(parent, pick(self._chance, names), depth)
        if depth == 0 or self._budget < 0:
            return "__typename"
        conditions = self._conditions(parent)
        known = [name for name, on in self._spreads if on in conditions]
        if known and happens(self._chance, 20):
            return f"...{pick(self._chance, known)}"
        condition = pick(self._chance, conditions)
        body = self._selection(condition, depth)
        if happens(self._chance, 70):
            return f"... on {condition.name} {body}"
        name = f"F{len(self._spreads)}"
        self._spreads.append((name, condition))
        self._written.append(f"fragment {name} on {condition.name} {body}")
        return f"...{name}"

    def _field(self, parent: GraphQLNamedType, name: str, depth: int) -> str:
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        target = get_named_type(parent.fields[name].type)
        text = f"renamed_{name}: {name}" if happens(self._chance, 20) else name
        return f"{text} {self._selection(target, depth + 1)}" if is_composite_type(target) else text

    def _names(self, parent: GraphQLNamedType, depth: int) -> list[str]:
        if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            return []
        return [
            name
            for name, field in parent.fields.items()
            if not is_composite_type(get_named_type(field.type)) or (depth < 4 and self._budget > 0)
        ]

    def _conditions(self, parent: GraphQLNamedType) -> list[GraphQLNamedType]:
        """The types that a fragment in a selection on ``parent`` may be on."""
        here = self._possible(parent)
        return [
            kind
            for kind in self._schema.type_map.values()
            if is_composite_type(kind) and not kind.name.startswith("__")
            if not here.isdisjoint(self._possible(kind))
        ]

    def _possible(self, kind: GraphQLNamedType) -> set[str]:
        if is_abstract_type(kind):
            return {each.name for each in self._schema.get_possible_types(kind)}
        return {kind.name}


async def _answers(
    supergraph: Supergraph, ways: Mapping[str, Transport], text: str
) -> dict[str, str]:
    """The data of the answer as JSON by each way of shaping it."""
    operation = supergraph.reader.read(GraphQLRequest(text)).operation
    ready = supergraph.plans.executable(allow_all(operation), frozenset())
    context = RequestContext(ANONYMOUS)
    answer = await execute(ready, {}, context, ways)
    found: dict[str, Any] = {"answer": json.loads(answer.to_bytes())["data"]}
    gathered = await gather(ready, {}, context, ways)
    found["slow"], errors = complete(ready.plan.output, gathered.data, [])
    assert (list(answer.errors), errors) == ([], [])
    gathered = await gather(ready, {}, context, ways)
    found["shared"] = ready.project_shared(gathered.data)
    return {way: json.dumps(data) for way, data in found.items()}


@pytest.mark.parametrize("name", GRAPHS)
async def test_random_selections_are_answered_in_graphql_cores_order(name: str) -> None:
    await _compare(GRAPHS[name], SEEDS)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", GRAPHS)
async def test_thousands_of_selections_are_answered_in_graphql_cores_order(name: str) -> None:
    await _compare(GRAPHS[name], MANY_SEEDS)


async def _compare(subgraphs: Mapping[str, str], seeds: range) -> None:
    pairs = [(service, LINK + sdl) for service, sdl in subgraphs.items()]
    composition = compose([Subgraph(service, "http://x", sdl) for service, sdl in pairs])
    assert composition.is_ok, composition.errors
    universe = Universe(composition.api_sdl, pairs)
    options = SupergraphOptions(limits=GENEROUS)
    supergraph = Supergraph.load(composition.supergraph_sdl, options=options)
    ways = {n: _OverBytes(ask) for n, ask in universe.transports().items()}
    reordered = 0
    for seed in seeds:
        text = _Maker(Seeded(seed), universe.api).query()
        right = json.dumps(universe.monolith(text))

        found = await _answers(supergraph, ways, text)

        assert found == dict.fromkeys(found, right), text
        reordered += _has_orders(supergraph, text)
    assert reordered > len(seeds) // 8, "the operations do not try what they should"


def _has_orders(supergraph: Supergraph, text: str) -> bool:
    operation = supergraph.reader.read(GraphQLRequest(text)).operation
    return any(selection.orders for _, selection in each_field(operation.selection))


# -- every way of answering, by example ------------------------------------------------------------

ANYS = """
    type Query { any: [Any] has: [Has] }
    type Subscription { news: [Any] }
    union Any = A | B
    interface Has { x: Int y: Int }
    type A implements Has { x: Int y: Int }
    type B implements Has { x: Int y: Int }
"""
BOTH = "{ ... on A { x y } ... on B { y x } }"
DATA = [{"__typename": "A", "x": 1, "y": 2}, {"__typename": "B", "x": 3, "y": 4}]
IN_ORDER = '[{"x": 1, "y": 2}, {"y": 4, "x": 3}]'


def _supergraph(
    transport: Transport, sdl: str = ANYS, policies: Sequence[PolicySource] = ()
) -> Supergraph:
    composition = compose([Subgraph("a", "http://a", sdl)])
    assert composition.is_ok, composition.errors
    ways = {"a": transport}
    return Supergraph.load(composition.supergraph_sdl, transports=ways, policies=policies)


async def _asked(supergraph: Supergraph, document: str) -> str:
    request = GraphQLRequest(document, kinds=ALL_KINDS)
    events = stream(request, RequestContext(ANONYMOUS), supergraph)
    (answer,) = [event async for event in events]
    return json.dumps(json.loads(answer.to_bytes())["data"])


@pytest.mark.parametrize("key", ["any", "has"])
async def test_two_types_may_answer_the_same_members_in_two_orders(key: str) -> None:
    supergraph = _supergraph(RecordingTransport({"data": {key: DATA}}))

    assert await _asked(supergraph, f"{{ {key} {BOTH} }}") == f'{{"{key}": {IN_ORDER}}}'


async def test_an_event_has_the_order_of_a_query() -> None:
    supergraph = _supergraph(RecordingTransport(events=({"data": {"news": DATA}},)))

    found = await _asked(supergraph, f"subscription {{ news {BOTH} }}")

    assert found == f'{{"news": {IN_ORDER}}}'


async def test_an_answer_with_a_fault_keeps_its_order() -> None:
    faulty = [{**DATA[0], "x": "one"}, DATA[1]]
    supergraph = _supergraph(RecordingTransport({"data": {"any": faulty}}))

    found = await _asked(supergraph, f"{{ any {BOTH} }}")

    assert found == '{"any": [{"x": null, "y": 2}, {"y": 4, "x": 3}]}'


async def test_the_subgraphs_bytes_are_not_handed_on_where_a_type_has_another_order() -> None:
    async def ask(query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        return {"data": {"has": DATA}}

    supergraph = _supergraph(_OverBytes(ask))

    assert await _asked(supergraph, f"{{ has {BOTH} }}") == f'{{"has": {IN_ORDER}}}'


async def test_what_a_policy_denies_is_null_in_its_place() -> None:
    async def nobody(caller: Identity, objects: Sequence[GuardedObject]) -> list[bool]:
        return [False] * len(objects)

    guarded = ANYS.replace(
        "B implements Has { x: Int", 'B implements Has { x: Int @policy(policies: [["p"]])'
    )
    link = (
        'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@policy"])'
    )
    transport = RecordingTransport({"data": {"any": DATA}})
    policies = [LocalPolicies("a", {"p": ObjectPolicy(nobody)})]
    supergraph = _supergraph(transport, f"{link} {guarded}", policies)

    found = await _asked(supergraph, f"{{ any {BOTH} }}")

    assert found == '{"any": [{"x": 1, "y": 2}, {"y": 4, "x": null}]}'
