"""Generated graphs with policies, operations and callers: every answer, every refusal and every
question to a policy is what an independent model says."""

import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    get_argument_values,
    get_named_type,
    is_composite_type,
)
from graphql.execution.values import VariableValues

from tests.router.authorization.oracle import Answerer, Expected, Oracle, Path
from tests.router.authorization.test_generated_verdicts import (
    Operation,
    ask,
    asked,
    plain,
    valid_operation,
)
from tests.support.chance import Seeded
from tests.support.protecting import ABOUT, HAS, POLICIES, Placed, Rule, protect
from tests.support.random_graph import random_graph
from tests.support.rewriting import original, rewrite
from tests.support.universe import ROOTS, Thing, Universe
from trellis.router.answer import Answer
from trellis.router.authorization.policies.registry import LocalPolicies
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.operation.limits import GENEROUS
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.function import FunctionTransport
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.policy import CallerPolicy, GuardedObject, ObjectPolicy, Policy

BATCHES, GRAPHS, OPERATIONS = 3, 4, 3
CALLERS = {
    "anonymous": ANONYMOUS,
    "without scopes": Identity(id=UUID(int=1)),
    "in part": Identity(id=UUID(int=2), scopes=frozenset({"b"})),
    "with two": Identity(id=UUID(int=3), scopes=frozenset({"a", "c"})),
    "admin": Identity(id=UUID(int=4), roles=frozenset({"admin"})),
}
CODE = "UNAUTHORIZED_FIELD_OR_TYPE"


def verdict(policy: str, caller: Identity, found: GuardedObject) -> bool:
    """What a policy thinks of an object: a matter of chance, and always the same."""
    text = json.dumps([policy, str(caller.id), found], sort_keys=True)
    return zlib.crc32(text.encode()) % 3 > 0


# -- the model ----------------------------------------------------------------------------------


class ObjectOracle(Oracle):
    """Adds what policies say about the arguments of root fields, and about objects."""

    def __init__(self, graph: "Graph", identity: Identity) -> None:
        super().__init__(graph.universe.api, graph.placed, identity)
        self.lost: set[Path] = set()
        self.needs = graph.needs
        self._rules = graph.placed.rules
        self._caller = identity

    def may_arguments(self, owner: str, node: FieldNode) -> bool:
        if not super().may_arguments(owner, node):
            return False
        name = node.name.value
        if owner not in ROOTS or name == "__typename":
            return True
        definition = self._object_type(owner).fields[name]
        given = get_argument_values(definition, node, self._variables)
        found = {"__typename": owner, "__field": name, **given}
        return all(self.holds(rule, found) for rule in self.own_rules(owner, name))

    def answerer(self, universe: Universe, variables: VariableValues) -> Answerer:
        self.lost.clear()
        return _Guarded(self, self._schema, universe, variables)

    def own_rules(self, owner: str, name: str) -> list[Rule]:
        """The rules on a field, without those of the objects at either end."""
        kind = self._object_type(owner)
        places: list[tuple[str, ...]] = [(owner, name)]
        places += [(interface.name, name) for interface in kind.interfaces]
        output = get_named_type(kind.fields[name].type)
        if not is_composite_type(output):
            places.append((output.name,))
        return [rule for place in places for rule in self._rules.get(place, ())]

    def type_rules(self, name: str) -> list[Rule]:
        return self._rules.get((name,), [])

    def holds(self, rule: Rule, found: GuardedObject) -> bool:
        if rule.feature != "policy":
            return rule.is_met_by(self._caller)
        return any(
            all(self._says(name, found) for name in names) for names in rule.alternatives or ()
        )

    def leaves_open(self, rule: Rule, found: GuardedObject) -> bool:
        """Whether it is for the object to fail this rule."""
        return rule.is_met_by(self._caller) and not self.holds(rule, found)

    def _says(self, policy: str, found: GuardedObject) -> bool:
        if policy.startswith(ABOUT):
            return verdict(policy, self._caller, found)
        return policy.startswith(HAS) and policy.removeprefix(HAS) in self._caller.scopes

    def _object_type(self, name: str) -> GraphQLObjectType:
        kind = self._schema.type_map[name]
        assert isinstance(kind, GraphQLObjectType)
        return kind


class _Guarded(Answerer):
    def __init__(self, oracle: ObjectOracle, *given: Any) -> None:
        super().__init__(*given)
        self._oracle = oracle

    def denies_object(self, thing: Thing, path: Path) -> bool:
        return self._denies(self._oracle.type_rules(thing.typename), thing, path)

    def denies_field(self, thing: Thing, name: str, path: Path) -> bool:
        if thing.typename in ROOTS:  # decided by its arguments
            return False
        return self._denies(self._oracle.own_rules(thing.typename, name), thing, path)

    def _denies(self, rules: Sequence[Rule], thing: Thing, path: Path) -> bool:
        if not rules:
            return False
        found = {"__typename": thing.typename}
        if needed := self._oracle.needs.get(thing.typename):
            kind = self._schema.type_map[thing.typename]
            assert isinstance(kind, GraphQLObjectType)
            output = kind.fields[needed].type
            found[needed] = self._universe.value(thing, needed, output, {})
        if all(self._oracle.holds(rule, found) for rule in rules):
            return False
        if not any(self._oracle.leaves_open(rule, found) for rule in rules):
            return False  # it was denied before there was an object
        self._oracle.lost.add(path)
        return True


# -- the graphs ---------------------------------------------------------------------------------


@dataclass
class Asked:
    """What the policies were asked during one operation."""

    callers: Counter[str] = field(default_factory=Counter)
    calls: list[tuple[str, list[str]]] = field(default_factory=list)

    def clear(self) -> None:
        self.callers.clear()
        self.calls.clear()

    def check(self) -> None:
        """Each policy once about the caller, and about each different object once; with one call
        before planning and one afterwards."""
        assert set(self.callers.values()) <= {1}
        assert set(Counter(name for name, _ in self.calls).values()) <= {1, 2}
        objects = Counter((name, one) for name, several in self.calls for one in several)
        assert set(objects.values()) <= {1}


@dataclass(frozen=True)
class Graph:
    supergraphs: dict[bool, Supergraph]
    universe: Universe
    placed: Placed
    needs: Mapping[str, str]
    asked: Asked


def policies(needs: Mapping[str, str], noted: Asked) -> dict[str, Policy]:
    def about_caller(scope: str) -> Policy:
        async def decide(caller: Identity) -> bool:
            noted.callers[scope] += 1
            return scope in caller.scopes

        return CallerPolicy(decide)

    def about_objects(name: str) -> Policy:
        async def judge(caller: Identity, objects: Sequence[GuardedObject]) -> list[bool]:
            noted.calls.append((name, [json.dumps(one, sort_keys=True) for one in objects]))
            return [verdict(name, caller, one) for one in objects]

        return ObjectPolicy(judge, needs=needs)

    known = {HAS + scope: about_caller(scope) for scope in "abc"}
    return known | {ABOUT + name: about_objects(ABOUT + name) for name in "xyz"}


@cache
def graph_of(seed: int) -> Graph | None:
    """None when the random subgraphs do not compose or have no policies."""
    chance = Seeded(seed)
    pairs = random_graph(chance)
    protected, placed = protect(chance, pairs, POLICIES)
    composition = compose([Subgraph(n, f"http://{n}.test", sdl) for n, sdl in protected])
    if composition.errors or not placed.rules:
        return None
    universe, noted = Universe(composition.api_sdl, pairs), Asked()
    needs = needs_in(universe.api)
    transports = {name: FunctionTransport(send) for name, send in universe.transports().items()}
    supergraphs = {
        reject: Supergraph.load(
            composition.supergraph_sdl,
            transports=transports,
            policies=[LocalPolicies("all", policies(needs, noted))],
            options=SupergraphOptions(limits=GENEROUS, reject=reject, policy_seconds=60),
        )
        for reject in (False, True)
    }
    return Graph(supergraphs, universe, placed, needs, noted)


def needs_in(schema: GraphQLSchema) -> dict[str, str]:
    """A key for each object type that has one."""
    return {
        kind.name: next((key for key in ("id", "code") if key in kind.fields), "")
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType)
    }


def graphs(batch: int) -> list[Graph]:
    found, seed = [], 50_000 + batch * 1000
    while len(found) < GRAPHS:
        graph = graph_of(seed)
        if graph is not None:
            found.append(graph)
        seed += 1
    return found


# -- the comparison -----------------------------------------------------------------------------


@pytest.mark.parametrize("batch", range(BATCHES))
async def test_answers_questions_and_fetches_are_what_the_model_says(batch: int):
    lost = await check_batch(batch)
    assert lost > 0  # objects were denied at all


@pytest.mark.long
@pytest.mark.parametrize("batch", range(BATCHES, 100))
async def test_many_more_are_what_the_model_says(batch: int):
    await check_batch(batch)


async def check_batch(batch: int) -> int:
    """How many places of all answers were lost for what the objects are."""
    chance, lost = Seeded(batch), 0
    for graph in graphs(batch):
        for _ in range(OPERATIONS):
            first = valid_operation(chance, graph.universe.api)
            written = [first, rewrite(chance, graph.universe.api, *first)]
            for caller in CALLERS.values():
                for document in written:
                    lost += await check_answer(graph, caller, first, document)
                await check_rejection(graph, caller, first, written[1])
    return lost


async def check_answer(
    graph: Graph, caller: Identity, first: Operation, document: Operation
) -> int:
    oracle = ObjectOracle(graph, caller)
    expected = oracle.expect(*first, graph.universe)
    result = await asked_anew(graph, graph.supergraphs[False], document, caller)
    if expected.code is not None:
        assert (codes(result), result.executed) == ({expected.code}, False), document
        assert graph.universe.requests == []
        return 0
    assert paths(result) == expected.paths | oracle.lost, (caller, document)
    assert {"data": plain(result.to_dict()["data"])} == expected.data, (caller, document)
    assert codes(result) <= {CODE}
    if expected.is_nothing_left:
        assert graph.universe.requests == []
    denied = {place for place in asked(graph.universe) if not oracle.may_field(*place)}
    assert denied == set(), (caller, document)
    return len(oracle.lost)


async def check_rejection(
    graph: Graph, caller: Identity, first: Operation, document: Operation
) -> None:
    oracle = ObjectOracle(graph, caller)
    before: Expected = oracle.expect(*first, graph.universe, reject=True)
    result = await asked_anew(graph, graph.supergraphs[True], document, caller)
    if before.code is not None:
        assert (codes(result), result.executed) == ({before.code}, False), document
        assert graph.universe.requests == []
    elif oracle.lost and result.kind == "query":
        assert (codes(result), result.executed, result.status) == ({CODE}, False, 403)
        assert paths(result) == oracle.lost
    else:
        assert paths(result) == oracle.lost


async def asked_anew(
    graph: Graph, supergraph: Supergraph, document: Operation, caller: Identity
) -> Answer:
    graph.universe.requests.clear()
    graph.asked.clear()
    result = await ask(supergraph, *document, caller)
    graph.asked.check()
    return result


def codes(result: Answer) -> set[str]:
    return {error["extensions"]["code"] for error in result.errors}


def paths(result: Answer) -> frozenset[Path]:
    return frozenset(
        tuple(original(step) if isinstance(step, str) else step for step in error.get("path", ()))
        for error in result.errors
    )
