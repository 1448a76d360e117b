"""The executable directives that make a stored operation a REST route.

They are read when the router starts and taken out before the graph sees the operation.
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
"""The route that this operation answers."""
directive @rest(
  method: RestMethod!
  """Without the profile's prefix: /api/v1/projects/{project_id}"""
  path: String!
  """Of success: 200, 201, 202 or 204, which sends no body."""
  status: Int! = 200
  """
  Where the data is in the answer, as response keys: createProject.project. By default the only
  root field; with several, all of them.
  """
  root: String
  """
  Of what was made, from path parameters and shown members: /api/v1/projects/{id}. A member that
  is called like a parameter is {data.id}.
  """
  location: String
  """A sentence for profiles that tell one beside the data."""
  message: String
  tags: [String!]
  deprecated: RestDeprecation
  """What a request body may be."""
  accepts: [RestBody!]! = [JSON]
  """EVENTS is for subscriptions: a stream of server-sent events."""
  answers: RestAnswer! = JSON
  """
  For signing in and the like: nobody's credentials are looked at, so that a client which sends its
  expired access token with every request can get a new one.
  """
  anonymous: Boolean! = false
) on QUERY | MUTATION | SUBSCRIPTION

"""A member of the shown data that the graph does not give; in lists, of each item."""
directive @member(
  """As shown; dots lead into members: settings.theme"""
  name: String!
  value: RestValue!
  """The domain that will know it better once it is here."""
  until: String
) repeatable on QUERY | MUTATION | SUBSCRIPTION

"""Another status or code than the profile's for one kind of failure of this route."""
directive @failure(
  """The graph's code, or code:reason, code:field."""
  code: String!
  status: Int
  as: String
) repeatable on QUERY | MUTATION | SUBSCRIPTION

"""
Where a variable comes from. By default from the path parameter of its name, else for GET and
DELETE from the query string, else from the body. All names are spelt as the profile does.
"""
directive @from(
  path: String
  query: String
  """A member of the body; \\"*\\" is the whole body."""
  body: String
  header: String
  """
  The token of the Authorization header, which then proves nobody; beside a member of the body,
  when that is absent.
  """
  bearer: Boolean
) on VARIABLE_DEFINITION

"""Checks beside those of the variable's type."""
directive @rules(
  """Of an input object: the member that is meant, as clients write it, dots lead into members."""
  member: String
  min: Float
  max: Float
  minLength: Int
  maxLength: Int
  pattern: String
  format: RestFormat
  """Of an enum or a String: the only words that are taken, as clients write them."""
  enum: [String!]
  """May be absent, but not null."""
  notNull: Boolean
  """A text with more in it than white space."""
  notBlank: Boolean
  """The only value that is taken."""
  const: RestValue
) repeatable on VARIABLE_DEFINITION

"""What the documentation shows as a value of this variable, as clients write it."""
directive @example(value: RestValue!) on VARIABLE_DEFINITION

"""An object of one selected member that stands for this member; lists item by item."""
directive @unwrap on FIELD

"""The members of this object stand among those of its parent."""
directive @spread on FIELD

"""A connection that clients page through as the profile does; shown are its items."""
directive @page on FIELD

"""What a client that comes back names as the last event that it has seen."""
directive @eventId on FIELD

"""Selected for others to use, not shown."""
directive @hidden on FIELD

"""Other words than the profile's for the values of an enum or a String."""
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
  """A role whose holders may go on: they are not told."""
  spares: String
}
scalar RestValue
'''
"""Their definitions. A test holds the reference in the documentation to it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The directives of ours at one place: arguments by name, with every time a repeatable one
    was written."""

    given: Mapping[str, list[dict[str, Any]]]

    def one(self, name: str) -> dict[str, Any] | None:
        """The arguments of a directive that may be written once; None when it is absent."""
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
    """Ours among the directives at one place; others are for the graph.

    Raises GraphQLError with the place for an argument that does not fit and for a directive that
    does not belong there or is written twice.
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
    """The document as the graph gets it; its nodes keep their places in the text."""
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
