"""A small graph with stored operations of several dialects, for tests of what is made of them."""

from pathlib import Path

from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.rest.load import load_route
from trellis.router.rest.profiles import PROFILES
from trellis.router.rest.route import RestRoute
from trellis.router.supergraph import Supergraph

SDL = '''
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@authenticated", "@requiresScopes", "@policy"])

scalar DateTime
enum Colour { LIGHT_BLUE DARK_RED }

type Query {
  thing(id: ID!): Thing @authenticated
  things(first: Int, after: String, skip: Int, colour: Colour): ThingConnection
    @requiresScopes(scopes: [["read:things"], ["admin:things"]])
  motto: String!
  owned: Thing @policy(policies: [["owner"]])
}
type Mutation {
  login(name: String!, password: String!): Session
  paint(input: PaintInput!): PaintPayload @requiresScopes(scopes: [["write:things"]])
}
type Session { token: String! }
type PaintPayload { thing: Thing }
input PaintInput {
  thingId: ID!
  mainColour: Colour! = DARK_RED
  note: String
  layers: [LayerInput!]
}
input LayerInput { depthInMm: Int!, mainColour: Colour }

"""Something."""
type Thing @key(fields: "id") {
  id: ID!
  displayName: String!
  "the one that strikes first"
  mainColour: Colour
  madeAt: DateTime!
  secretNote: String @requiresScopes(scopes: [["read:secrets"]])
  maker: Maker
  parts: [Thing!]!
}
type Maker { id: ID!, displayName: String! }
type ThingConnection { edges: [ThingEdge!]!, pageInfo: PageInfo!, totalCount: Int! }
type ThingEdge { node: Thing!, cursor: String! }
type PageInfo {
  hasNextPage: Boolean!, hasPreviousPage: Boolean!, startCursor: String, endCursor: String
}
'''


def small_supergraph() -> Supergraph:
    """The graph of ``SDL``, without a way to its subgraph."""
    composition = compose([Subgraph("things", "", SDL)])
    assert composition.is_ok, composition.errors
    return Supergraph.load(composition.supergraph_sdl)


def route(
    graph: Supergraph, profile: str, text: str, *, area: str = "things", file: str = "a.graphql"
) -> RestRoute:
    """The route of one document."""
    return load_route(text, graph, PROFILES[profile], area=area, file=Path(file))
