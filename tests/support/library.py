"""A small federated graph for tests of the router's stages: books here, their readers there."""

from collections.abc import Mapping
from typing import Any

from tests.support.recording import RecordingTransport

SUPERGRAPH = """
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)
  @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)
  @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)
{ query: Query mutation: Mutation subscription: Subscription }

directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet,
  type: String, external: Boolean, override: String, usedOverridden: Boolean)
  repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__implements(graph: join__Graph!, interface: String!)
  repeatable on OBJECT | INTERFACE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false,
  resolvable: Boolean! = true, isInterfaceObject: Boolean! = false)
  repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import])
  repeatable on SCHEMA
directive @inaccessible on FIELD_DEFINITION | OBJECT | ENUM_VALUE
directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!)
  on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM

scalar join__FieldSet
scalar link__Import
scalar requiresScopes__Scope
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph {
  BOOKS @join__graph(name: "books", url: "http://books.test")
  READERS @join__graph(name: "readers", url: "http://readers.test")
}

type Query @join__type(graph: BOOKS) @join__type(graph: READERS) {
  books(first: Int = 2, ids: [ID!]): [Book!] @join__field(graph: BOOKS)
  me: Reader @join__field(graph: READERS) @authenticated
}
type Mutation @join__type(graph: BOOKS) {
  rename(id: ID!, title: String!): Book @join__field(graph: BOOKS)
  purge: Int @join__field(graph: BOOKS) @authenticated
}
type Subscription @join__type(graph: BOOKS) {
  added: Book @join__field(graph: BOOKS)
}
type Book @join__type(graph: BOOKS, key: "id") @join__type(graph: READERS, key: "id") {
  id: ID!
  title: String @join__field(graph: BOOKS)
  genre: Genre @join__field(graph: BOOKS)
  cost: Int @join__field(graph: BOOKS) @inaccessible
  readers: [Reader!] @join__field(graph: READERS)
  sales: Int @join__field(graph: READERS)
    @requiresScopes(scopes: [["read:sales"]])
}
type Reader @join__type(graph: READERS) { name: String! }
enum Genre @join__type(graph: BOOKS) {
  POEM @join__enumValue(graph: BOOKS)
  SECRET @join__enumValue(graph: BOOKS) @inaccessible
}
"""


def entities(**fields: Any) -> RecordingTransport:
    """A subgraph that gives every entity the same fields."""

    def reply(variables: Mapping[str, Any]) -> dict[str, Any]:
        found = next(value for value in variables.values() if isinstance(value, list))
        return {"data": {"_entities": [dict(fields) for _ in found]}}

    return RecordingTransport(reply)


def books(*members: Mapping[str, Any]) -> RecordingTransport:
    """A subgraph that answers these books."""
    return RecordingTransport({"data": {"books": [dict(member) for member in members]}})
