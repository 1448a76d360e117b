"""The executable directives that make a stored operation a REST route, or a topic of the event
socket.

They are read at startup and removed from the operation before the graph validates it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import (
    REMOVE,
    SKIP,
    DirectiveLocation,
    DirectiveNode,
    DocumentNode,
    GraphQLDirective,
    GraphQLError,
    Node,
    Visitor,
    VisitorAction,
    build_schema,
    get_argument_values,
    specified_directives,
    visit,
)

SDL = '''
"""Makes the operation a REST route."""
directive @rest(
  method: RestMethod!
  """Without the profile's prefix: /api/v1/projects/{project_id}"""
  path: String!
  """The status of successful responses: 200, 201, 202 or 204 (without a body)."""
  status: Int! = 200
  """
  The path of response keys to the data: createProject.project. By default the only root field; if
  there are several, all of them.
  """
  root: String
  """
  The Location of a created resource, with path parameters and response members:
  /api/v1/projects/{id}. A member with the name of a parameter is {data.id}.
  """
  location: String
  """The `message` in responses of profiles that have one."""
  message: String
  tags: [String!]
  deprecated: RestDeprecation
  """The accepted formats of request bodies."""
  accepts: [RestBody!]! = [JSON]
  """EVENTS, for subscriptions: a stream of server-sent events."""
  answers: RestAnswer! = JSON
  """
  Credentials are ignored, for routes such as sign-in: a client that sends its expired access token
  with every request can still get a new one.
  """
  anonymous: Boolean! = false
  """
  For queries: how many seconds a response may be reused for the same caller, if no event of a
  subgraph mentions an id in it.
  """
  reuseSeconds: Int! = 0
) on QUERY | MUTATION | SUBSCRIPTION

"""Makes a subscription a topic of the event socket."""
directive @topic(
  """As clients name it: channel"""
  name: String!
  """The variable that identifies the topic: channelId. Without it there is one per caller."""
  id: String
  """The path of response keys to the data, as in @rest."""
  root: String
) on SUBSCRIPTION

"""
A constant member of the response data, for what the graph does not provide; in lists, of each item.
"""
directive @member(
  """As in the response; dots separate nested members: settings.theme"""
  name: String!
  value: RestValue!
  """The domain that will provide the value."""
  until: String
) repeatable on QUERY | MUTATION | SUBSCRIPTION

"""The status or code of one kind of error of this route, instead of the profile's."""
directive @failure(
  """The graph's code, or code:reason, code:field."""
  code: String!
  status: Int
  as: String
) repeatable on QUERY | MUTATION | SUBSCRIPTION

"""
The source of a variable. By default the path parameter of its name, else for GET and DELETE the
query string, else the body. All names are spelled as in the profile.
"""
directive @from(
  path: String
  query: String
  """
  A member of the body; \\"*\\" is the whole body. Of a multipart body a part, or with a dot a
  member of a part with JSON; of several the first that is there.
  """
  body: [String!]
  header: String
  """
  The token of the Authorization header, which then does not authenticate the caller. With `body`:
  only if that member is absent.
  """
  bearer: Boolean
) on VARIABLE_DEFINITION

"""Checks in addition to those of the variable's type."""
directive @rules(
  """The member of an input object that is checked, as clients write it, with dots for nesting."""
  member: String
  min: Float
  max: Float
  minLength: Int
  maxLength: Int
  pattern: String
  format: RestFormat
  """The only accepted values of an enum or a String, as clients write them."""
  enum: [String!]
  """May be absent, but not null."""
  notNull: Boolean
  """At least one character that is not white space."""
  notBlank: Boolean
  """The only accepted value."""
  const: RestValue
) repeatable on VARIABLE_DEFINITION

"""An example value for the documentation, as clients write it."""
directive @example(value: RestValue!) on VARIABLE_DEFINITION

"""Replaces an object by its only selected member; in lists, each item."""
directive @unwrap on FIELD

"""Merges the members of this object into its parent."""
directive @spread on FIELD

"""A connection that is paged as in the profile; the response has its items."""
directive @page on FIELD

"""The id of a server-sent event, which a reconnecting client sends as Last-Event-ID."""
directive @eventId on FIELD

"""Selected for other members, not part of the response."""
directive @hidden on FIELD

"""The spelling of enum or String values, instead of the profile's."""
directive @spell(as: RestSpelling, values: [RestWord!]) on FIELD | VARIABLE_DEFINITION

enum RestMethod { GET POST PUT PATCH DELETE }
enum RestBody { JSON FORM MULTIPART }
enum RestAnswer { JSON FILE EVENTS }
"""OBJECT is for values of any JSON; a TIME_ZONE is a name such as Europe/Paris."""
enum RestFormat { DATE DATE_TIME EMAIL URI UUID TIME_ZONE OBJECT }
"""in_progress, inProgress, In Progress, IN_PROGRESS"""
enum RestSpelling { SNAKE CAMEL TITLE GRAPHQL }
input RestWord { from: String!, to: String! }
input RestDeprecation {
  since: String!
  successor: String
  sunset: String
  """A role whose holders may continue to use the route without deprecation headers."""
  spares: String
}
scalar RestValue
'''
"""Their definitions. A test holds the reference in the documentation to it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The REST directives at one place: their arguments by name, once for each use."""

    given: Mapping[str, list[dict[str, Any]]]

    def one(self, name: str) -> dict[str, Any] | None:
        """The arguments of a directive that is not repeatable; None if it is absent."""
        found = self.given.get(name)
        return found[0] if found else None

    def all(self, name: str) -> list[dict[str, Any]]:
        """The arguments of each use."""
        return self.given.get(name, [])

    def __contains__(self, name: str) -> bool:
        return name in self.given


NOTHING = Reading({})


def read_directives(
    nodes: Sequence[DirectiveNode] | None, location: DirectiveLocation, at: Node
) -> Reading:
    """The REST directives among those at one place; the others belong to the graph.

    Raises GraphQLError with the location of an invalid argument, and of a directive that is not
    allowed there or is repeated.
    """
    if not nodes:
        return NOTHING
    given: dict[str, list[dict[str, Any]]] = {}
    for node in nodes:
        definition = definitions().get(node.name.value)
        if definition is None:
            continue
        if location not in definition.locations:
            raise GraphQLError(f"@{definition.name} does not belong here.", at)
        _check_arguments(definition, node)
        given.setdefault(definition.name, []).append(get_argument_values(definition, node))
        if len(given[definition.name]) > 1 and not definition.is_repeatable:
            raise GraphQLError(f"@{definition.name} is written twice.", node)
    return Reading(given)


def without_directives(document: DocumentNode) -> DocumentNode:
    """The document without REST directives; its nodes keep their locations in the text."""
    return visit(document, _Without())


@cache
def definitions() -> Mapping[str, GraphQLDirective]:
    """The directives of ``SDL`` by name."""
    schema = build_schema("type Query { _: Boolean }" + SDL, assume_valid=True)
    return {d.name: d for d in schema.directives if d not in specified_directives}


class _Without(Visitor):
    def enter_directive(self, node: DirectiveNode, *_args: Any) -> VisitorAction:
        return REMOVE if node.name.value in definitions() else SKIP


def _check_arguments(definition: GraphQLDirective, node: DirectiveNode) -> None:
    for argument in node.arguments or ():
        if argument.name.value not in definition.args:
            raise GraphQLError(f"@{definition.name} has no `{argument.name.value}`.", argument)
