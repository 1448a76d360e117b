from collections.abc import Mapping
from itertools import permutations
from typing import Any

from tests.support.composing import federation_2
from trellis.router import Supergraph
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3",'
    ' import: ["@key", "@shareable", "@external", "@requires"])\n'
)
PRODUCTS = Subgraph(
    "products",
    "http://products/graphql",
    LINK
    + """
    type Query { product(id: ID!): Product }
    type Product @key(fields: "id") { id: ID! name: String! weight: Float }
    """,
)
SHIPPING = Subgraph(
    "shipping",
    "http://shipping/graphql",
    LINK
    + """
    type Product @key(fields: "id") {
      id: ID!
      weight: Float @external
      fee: Int! @requires(fields: "weight")
    }
    """,
)

TYPES = """\
type Product
  @join__type(graph: PRODUCTS, key: "id")
  @join__type(graph: SHIPPING, key: "id")
{
  id: ID!
  name: String! @join__field(graph: PRODUCTS)
  weight: Float @join__field(graph: PRODUCTS) @join__field(graph: SHIPPING, external: true)
  fee: Int! @join__field(graph: SHIPPING, requires: "weight")
}

type Query
  @join__type(graph: PRODUCTS)
  @join__type(graph: SHIPPING)
{
  product(id: ID!): Product @join__field(graph: PRODUCTS)
}
"""
API = """\
type Product {
  id: ID!
  name: String!
  weight: Float
  fee: Int!
}

type Query {
  product(id: ID!): Product
}
"""


def test_the_supergraph_says_which_subgraph_each_field_comes_from():
    composition = compose([PRODUCTS, SHIPPING])

    assert composition.errors == ()
    assert composition.supergraph_sdl.endswith(TYPES)


def test_the_api_schema_has_no_trace_of_federation():
    assert compose([PRODUCTS, SHIPPING]).api_sdl == API


def test_the_order_of_the_subgraphs_changes_nothing():
    third = Subgraph("audit", "http://audit", LINK + "type Query { audited: Int }")
    texts = {compose(order).supergraph_sdl for order in permutations([PRODUCTS, SHIPPING, third])}

    assert len(texts) == 1


def test_the_graphs_are_listed_with_their_urls():
    sdl = compose([PRODUCTS, SHIPPING]).supergraph_sdl

    assert (
        "enum join__Graph {\n"
        '  PRODUCTS @join__graph(name: "products", url: "http://products/graphql")\n'
        '  SHIPPING @join__graph(name: "shipping", url: "http://shipping/graphql")\n'
        "}\n"
    ) in sdl


def test_an_extension_marked_as_one_twice_needs_a_base():
    sdl = 'type Query { t: T } extend type T @extends @key(fields: "id") { id: ID }'
    lone = compose([Subgraph("a", "http://a", federation_2(sdl))])

    assert [error.code for error in lone.errors] == ["EXTENSION_WITH_NO_BASE"]
    defined = sdl.replace("extend type", "type")
    assert compose([Subgraph("a", "http://a", federation_2(defined))]).errors == ()


async def test_types_can_be_asked_by_an_interface_that_only_follows_for_them():
    """One subgraph says that a Res is a Node, the other that an X is a Res."""
    texts = {
        "a": "type Query { nodes: [Node] } interface Node { id: ID }"
        " interface Res implements Node { id: ID } type P implements Res & Node { id: ID }",
        "b": "type Query { all: [Res] } interface Res { id: ID } type X implements Res { id: ID }",
    }
    result = compose([Subgraph(n, f"http://{n}", federation_2(sdl)) for n, sdl in texts.items()])
    asked = []

    async def b(query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        asked.append(query)
        return {"data": {"all": [{"id": "1"}]}}

    answer = await Supergraph.load(result.supergraph_sdl).execute(
        "{ all { ... on Node { id } } }", transports={"b": b}
    )

    assert answer == {"data": {"all": [{"id": "1"}]}}
    # The subgraph has never heard of Node.
    assert asked == ["{all {id}}"]


async def test_the_router_knows_which_inputs_are_one_of():
    """The supergraph defines ``@oneOf`` for readers to whom it is not built in."""
    sdl = "type Query { q(i: I, j: J): Int } input I @oneOf { x: Int = null } input J { x: Int }"
    result = compose([Subgraph("a", "http://a", federation_2(sdl))])
    told = "{ isOneOf inputFields { defaultValue } }"
    answer = await Supergraph.load(result.supergraph_sdl).execute(
        f'{{ i: __type(name: "I") {told} j: __type(name: "J") {told} }}', transports={}
    )

    assert "directive @oneOf on INPUT_OBJECT\n" in result.supergraph_sdl
    fields = [{"defaultValue": None}]
    assert answer["data"] == {
        "i": {"isOneOf": True, "inputFields": fields},
        "j": {"isOneOf": False, "inputFields": fields},
    }


def test_the_supergraph_defines_one_of_only_where_it_is_used():
    sdl = "type Query { q(j: J): Int } input J { x: Int }"

    assert "oneOf" not in compose([Subgraph("a", "http://a", federation_2(sdl))]).supergraph_sdl
