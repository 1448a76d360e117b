"""Estimates: what each rule adds, and that no answer costs more than was estimated."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from graphql import (
    GraphQLFieldResolver,
    GraphQLResolveInfo,
    GraphQLSchema,
    execute_sync,
    get_named_type,
    is_abstract_type,
    is_enum_type,
    is_leaf_type,
    parse,
    validate,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.chance import Chance, Drawn, Seeded
from tests.support.random_operation import random_operation
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.cost.actual import count_cost
from trellis.router.cost.estimate import compile_estimate
from trellis.router.cost.prices import lists_of
from trellis.router.cost.program import MOST, Estimate
from trellis.router.cost.weights import Weights, read_weights
from trellis.router.operation.reader import ValidRequest
from trellis.router.operation.request import ALL_KINDS, GraphQLRequest
from trellis.router.supergraph import Supergraph


def supergraph_of(sdl: str, names: str = '["@cost", "@listSize"]') -> str:
    link = f'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: {names})'
    composition = compose([Subgraph("a", "http://a", link + sdl)])
    assert composition.is_ok, [str(error) for error in composition.errors]
    return composition.supergraph_sdl


SDL = supergraph_of(
    """
    type Query {
      me: User
      users: [User!]!
      search(text: String, first: Int = 5): [Result!]
      feed(first: Int = 20, last: Int, after: String): PostConnection!
      oldest(limit: Int): [Post]
      sized(max: Int, filter: Filter = {max: 4}): [User]
        @listSize(slicingArguments: ["max"], requireOneSlicingArgument: false)
      all: [User] @listSize(assumedSize: 50)
      page: Page @listSize(assumedSize: 7, sizedFields: ["items"])
      grid: [[User]]
      report(year: Int @cost(weight: 3)): Report @cost(weight: 25)
      count(filter: Filter): Int @cost(weight: 2)
      tags: [String]
      ratings: [Rating]
    }
    type Mutation { rename(name: String): User  import(users: [UserInput!]): Int }
    type Subscription { ticks: User }
    input Filter { max: Int tag: String @cost(weight: 5) inner: Filter }
    input UserInput { name: String friends: [UserInput!] }
    type User { id: ID! name: String posts(first: Int): PostConnection friends: [User] }
    type PostConnection { edges: [PostEdge] nodes: [Post] pageInfo: PageInfo totalCount: Int }
    type PageInfo { hasNextPage: Boolean }
    type PostEdge { node: Post cursor: String }
    type Post implements Node { id: ID! author: User tags: [Tag] }
    type Tag { label: String }
    type Page { items: [User] others: [User] }
    type Report @cost(weight: 9) { rows: [Report] total: Int }
    interface Node { id: ID! }
    type Image implements Node @cost(weight: 4) { id: ID! owner: User  big: Image }
    union Result = Post | Image | Tag
    enum Rating @cost(weight: 2) { GOOD BAD }
    """
)
# Our composition takes names of arguments only; supergraphs of others may have paths.
SDL = SDL.replace('slicingArguments: ["max"]', 'slicingArguments: ["max", "filter.max"]')
SUPERGRAPH = Supergraph.load(SDL)
WEIGHTS = read_weights(parse(SDL))
SIZE = 10


def read(
    document: str,
    variables: Mapping[str, Any] | None = None,
    supergraph: Supergraph = SUPERGRAPH,
) -> ValidRequest:
    request = GraphQLRequest(document, variables or {}, None, kinds=ALL_KINDS)
    return supergraph.library.reader.read(request)


def estimate(document: str, variables: Mapping[str, Any] | None = None) -> int:
    found = read(document, variables)
    return compile_estimate(found.operation, WEIGHTS, SIZE).of(found.variables.wire)


@pytest.mark.parametrize(
    ("document", "cost"),
    [
        ("{ __typename }", 0),
        ("{ me { id name } }", 1),
        ("{ me { id } again: me { id } }", 2),
        # A mutation costs ten by itself; a subscription what one event costs.
        ("mutation { rename { id } }", 11),
        ("subscription { ticks { id } }", 1),
        # Lists: as assumed, as their arguments say, as the schema's defaults say.
        ("{ users { id } }", 10),
        ("{ users { friends { id } } }", 10 + 10 * 10),
        ("{ grid { id } }", 100),
        ("{ tags }", 0),
        ("{ ratings }", 20),
        ("{ all { id } }", 50),
        ("{ oldest { id } }", 10),
        ("{ oldest(limit: 3) { id } }", 3),
        ("{ oldest(limit: null) { id } }", 10),
        ("{ oldest(limit: 0) { id } }", 0),
        ("{ search { __typename } }", 5 * 4),
        # One slicing argument of several, one inside an input object, and their defaults.
        ("{ sized { id } }", 4),
        ("{ sized(max: 6) { id } }", 6),
        ("{ sized(max: 2, filter: {max: 8}) { id } }", 1 + 8),
        # A connection's lists are as long as its arguments say, its other fields are not.
        ("{ feed { totalCount } }", 1),
        ("{ feed { edges { node { id } cursor } pageInfo { hasNextPage } } }", 1 + 20 * 2 + 1),
        ("{ feed(first: 3) { nodes { id } edges { cursor } } }", 1 + 3 + 3),
        ("{ feed(first: 3, last: 7) { nodes { tags { label } } } }", 1 + 7 * (1 + 10)),
        ("{ feed { nodes { author { posts { nodes { id } } } } } }", 1 + 20 * (1 + 1 + 1 + 10)),
        ("{ page { items { id } others { id } } }", 1 + 7 + 10),
        # Weights: of a field before its type's, of arguments, members and input objects.
        ("{ report { total } }", 25),
        ("{ report(year: 2026) { total } }", 28),
        ("{ report { rows { total } } }", 25 + 10 * 9),
        ("{ count }", 2),
        ("{ count(filter: {tag: null}) }", 2 + 1),
        ('{ count(filter: {tag: "x"}) }', 2 + 1 + 5),
        ('{ count(filter: {inner: {tag: "x"}}) }', 2 + 1 + 1 + 5),
        ("mutation { import(users: [{}, {friends: [{}, {}]}]) }", 10 + 4),
        # Of the types that an object may have the dearest counts.
        ("{ search(first: 1) { ... on Tag { label } ... on Post { author { id } } } }", 4 + 1),
        ("{ search(first: 1) { ... on Image { owner { id } } ... on Tag { label } } }", 4 + 1),
        (
            "{ search(first: 1) { ... on Image { owner { id } } ... on Post { author { id } }"
            " ... on Node { ... on Image { big { id } } } } }",
            4 + 1 + 4,
        ),
        # Questions about the schema have limits of their own.
        ("{ __schema { types { name } } me { id } }", 1),
    ],
)
def test_an_operation_costs_what_its_fields_and_lists_do(document: str, cost: int):
    assert estimate(document) == cost


@pytest.mark.parametrize(
    ("document", "variables", "cost"),
    [
        ("query($n: Int) { feed(first: $n) { nodes { id } } }", {"n": 50}, 51),
        ("query($n: Int) { feed(first: $n) { nodes { id } } }", {"n": 50.0}, 51),
        ("query($n: Int) { feed(first: $n) { nodes { id } } }", {"n": -5}, 1),
        # Left out: the operation's default, then the schema's. Null: nothing is known.
        ("query($n: Int) { feed(first: $n) { nodes { id } } }", {}, 21),
        ("query($n: Int = 2) { feed(first: $n) { nodes { id } } }", {}, 3),
        ("query($n: Int) { feed(first: $n) { nodes { id } } }", {"n": None}, 11),
        ("query($f: Filter) { sized(filter: $f) { id } }", {"f": {"max": 9}}, 1 + 9),
        ("query($n: Int) { sized(filter: {max: $n}) { id } }", {"n": 9}, 1 + 9),
        ("query($f: Filter) { sized(filter: $f) { id } }", {}, 4),
        ("query($f: Filter) { count(filter: $f) }", {"f": {"tag": "x"}}, 8),
        ("query($t: String) { count(filter: {tag: $t}) }", {"t": "x"}, 8),
        ("query($t: String) { count(filter: {tag: $t}) }", {}, 3),
        ("query($y: Int) { report(year: $y) { total } }", {"y": 1}, 28),
        ("query($y: Int) { report(year: $y) { total } }", {}, 25),
        (
            "mutation($u: [UserInput!]) { import(users: $u) }",
            {"u": [{}, {"friends": [{}, {"name": "x"}]}]},
            14,
        ),
        (
            "query($n: Int, $m: Int) { feed(first: $n) { nodes { author { posts(first: $m)"
            " { nodes { id } } } } } }",
            {"n": 3, "m": 4},
            1 + 3 * (1 + 1 + 1 + 4),
        ),
    ],
)
def test_the_cost_follows_the_variables(document: str, variables: dict[str, Any], cost: int):
    assert estimate(document, variables) == cost


def test_what_depends_on_no_variable_is_one_constant():
    def compiled(document: str) -> Estimate:
        return compile_estimate(read(document).operation, WEIGHTS, SIZE)

    assert compiled("query($t: String) { search(text: $t) { __typename } }").is_constant
    assert compiled("{ feed(first: 3) { nodes { author { friends { id } } } } }").steps == ()
    assert not compiled("query($n: Int) { feed(first: $n) { nodes { id } } }").is_constant


def test_denied_fields_cost_nothing():
    operation = read("{ me { id } users { id } }").operation
    first, second = operation.selection.fields
    selection = replace(operation.selection, fields=(replace(first, denied=True), second))
    denied = replace(operation, selection=selection)

    assert compile_estimate(denied, WEIGHTS, SIZE).of({}) == 10


def test_chained_fragments_are_estimated_once_each_and_never_beyond_the_most():
    links = 12
    chain = "".join(
        f"fragment F{n} on User {{ friends {{ ...F{n + 1} }} b: friends {{ ...F{n + 1} }} }}"
        for n in range(links)
    )
    end = f"fragment F{links} on User {{ posts(first: $n) {{ nodes {{ id }} }} }}"
    document = f"query($n: Int) {{ me {{ ...F0 }} }} {chain} {end}"
    operation = read(document).operation

    compiled = compile_estimate(operation, WEIGHTS, SIZE)

    assert compiled.of({"n": 1}) == MOST
    assert len(compiled.steps) < 10 * links


RENAMED = '[{name: "@cost", as: "@price"}, {name: "@listSize", as: "@length"}]'


def test_the_directives_count_under_the_names_they_are_imported_by():
    sdl = supergraph_of(
        "type Query { a: Int @price(weight: 3) b: [Int] @length(assumedSize: 4) }", RENAMED
    )
    fields = read_weights(parse(sdl)).fields

    assert fields["Query", "a"].weight == 3
    size = fields["Query", "b"].size
    assert size is not None
    assert size.assumed == 4


# -- no answer costs more than was estimated -------------------------------------------------------

PAGED = """
    type Query {
      one: A
      list(n: Int): [A!] @listSize(slicingArguments: ["n"], assumedSize: 2)
      plain: [B]
      page(n: Int = 3): Page
        @listSize(slicingArguments: ["n"], sizedFields: ["items"])
      any(n: Int = 2): [Any] @listSize(slicingArguments: ["n"])
      node: Node @cost(weight: 3)
    }
    interface Node { id: ID! }
    union Any = A | B
    type A implements Node @cost(weight: 2) { id: ID! b: B any: Any list: [[B]] word: Word }
    type B implements Node { id: ID! a: A node(n: Int @cost(weight: 2)): Node words: [Word] }
    type Page { items: [Any] more: [Node] count: Int }
    enum Word @cost(weight: 1) { YES NO }
"""
CONCRETE = re.sub(r"(: \[?)(Any|Node)\b", r"\1A", PAGED)
LENGTH = 2
DEFAULTS = {"list": 2}


def answered(
    schema: GraphQLSchema, document: str, variables: Mapping[str, Any], chance: Chance | None
) -> dict[str, Any]:
    """What graphql-core answers with lists as long as they may be, or up to that by chance, and
    with any of the possible types."""

    def resolve(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        named = get_named_type(info.return_type)
        size = LENGTH
        if info.parent_type.name == "Page" and info.field_name == "items":
            size = source["size"]
        elif info.parent_type.name == "Query":
            given = arguments.get("n")
            size = DEFAULTS.get(info.field_name, LENGTH) if given is None else given

        def one() -> Any:
            if is_enum_type(named):
                return "YES"
            if is_leaf_type(named):
                return 1
            name = named.name
            if is_abstract_type(named):
                types = schema.get_possible_types(named)
                place = chance.number(0, len(types) - 1) if chance is not None else 0
                name = types[place].name
            return {"__typename": name, "size": size}

        def many(depth: int) -> Any:
            if depth == 0:
                return one()
            most = size if depth == lists_of(info.return_type) else LENGTH
            length = chance.number(0, most) if chance is not None else most
            return [many(depth - 1) for _ in range(length)]

        return many(lists_of(info.return_type))

    resolver: GraphQLFieldResolver = resolve
    result = execute_sync(
        schema, parse(document), field_resolver=resolver, variable_values=dict(variables)
    )
    assert result.errors is None
    assert result.data is not None
    return result.data


def graph_of(sdl: str) -> tuple[Supergraph, Weights]:
    composed = supergraph_of(sdl)
    return Supergraph.load(composed), read_weights(parse(composed))


PAGED_GRAPH, PAGED_WEIGHTS = graph_of(PAGED)


@given(st.data())
def test_no_answer_costs_more_than_was_estimated(data: st.DataObject):
    chance = Drawn(data.draw)
    schema = PAGED_GRAPH.schema
    document, variables = random_operation(chance, schema)
    assert validate(schema, parse(document)) == []
    _, values, operation = read(document, variables, PAGED_GRAPH)
    estimated = compile_estimate(operation, PAGED_WEIGHTS, LENGTH).of(values.wire)

    answer = answered(schema, document, variables, chance)

    assert count_cost(operation, PAGED_WEIGHTS, values.wire, answer) <= estimated


def test_the_longest_answer_costs_what_was_estimated_where_types_are_known():
    graph, weights = graph_of(CONCRETE)
    costs: set[int] = set()
    for seed in range(200):
        document, variables = random_operation(Seeded(seed), graph.schema)
        _, values, operation = read(document, variables, graph)
        estimated = compile_estimate(operation, weights, LENGTH).of(values.wire)

        answer = answered(graph.schema, document, variables, None)

        assert count_cost(operation, weights, values.wire, answer) == estimated, document
        costs.add(estimated)
    assert len(costs) > 50
