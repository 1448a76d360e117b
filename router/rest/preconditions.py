"""``If-Match`` (RFC 9110, section 13.1.1): a write that holds only for what its client has read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLArgument,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLSchema,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    print_ast,
)

from trellis.router.rest.route import RestRoute
from trellis.schema.errors import TrellisError

VERSION = "trellisVersion"
"""The variable, and the key in the data, of the version of an object."""
_FIELD = "version"


class PreconditionFailed(TrellisError):
    """What is there is not what the client has read."""

    code = "PRECONDITION_FAILED"
    http_status = 412


@dataclass(frozen=True, slots=True)
class Tagged:
    """What is at an address: its entity ``tags``, one for each media type, and the version of the
    object, where it has one."""

    tags: frozenset[bytes]
    version: int | None


def place_of(route: RestRoute) -> tuple[str, str]:
    """The profile and path of a route, whatever its path parameters are called: what a mutation
    has in common with the GET that its ``If-Match`` is about."""
    return route.profile.name, re.sub(r"{[^}]*}", "{}", route.path)


def shows_its_place(route: RestRoute) -> bool:
    """Whether the route shows what is at its place, with an entity tag."""
    return route.method == "GET" and route.has_tags


def with_version_read(route: RestRoute, schema: GraphQLSchema) -> str:
    """The document of a query that reads the version of its object too, if that has one."""
    operation, root = route.nodes.operation, schema.query_type
    if not route.root or root is None:
        return route.document
    selection = _reading(operation.selection_set, root, route.root)
    if selection is None:
        return route.document
    return _printed(replace(operation, selection_set=selection), route)


def with_version_required(route: RestRoute, schema: GraphQLSchema) -> str | None:
    """The document of a mutation that is refused unless the object has the version in the variable
    ``VERSION``; None if the graph has no argument for that."""
    operation = route.nodes.operation
    [node, *more] = operation.selection_set.selections
    if schema.mutation_type is None or more or not isinstance(node, FieldNode):
        return None
    arguments = schema.mutation_type.fields[node.name.value].args
    taken = {given.name.value for given in node.arguments or ()}
    if _is_version(arguments) and _FIELD not in taken:
        given = ArgumentNode(name=_name(_FIELD), value=_variable())
        required = replace(node, arguments=(*(node.arguments or ()), given))
    elif (written := _with_member(node, arguments)) is not None:
        required = replace(node, arguments=written)
    else:
        return None
    declared = VariableDefinitionNode(
        variable=_variable(),
        type=NonNullTypeNode(type=NamedTypeNode(name=_name("Int"))),
        directives=(),
    )
    operation = replace(
        operation,
        selection_set=SelectionSetNode(selections=(required,)),
        variable_definitions=(*(operation.variable_definitions or ()), declared),
    )
    return _printed(operation, route)


def _reading(
    selection: SelectionSetNode, type_: GraphQLObjectType, path: Sequence[str]
) -> SelectionSetNode | None:
    """The selection with the version of the object at ``path``; None where that has none."""
    if not path:
        if not _is_version(type_.fields):
            return None
        read = FieldNode(alias=_name(VERSION), name=_name(_FIELD), arguments=(), directives=())
        return SelectionSetNode(selections=(*selection.selections, read))
    for index, node in enumerate(selection.selections):
        if not isinstance(node, FieldNode) or (node.alias or node.name).value != path[0]:
            continue
        found = get_named_type(type_.fields[node.name.value].type)
        if node.selection_set is None or not isinstance(found, GraphQLObjectType):
            return None
        inner = _reading(node.selection_set, found, path[1:])
        if inner is None:
            return None
        selections = list(selection.selections)
        selections[index] = replace(node, selection_set=inner)
        return SelectionSetNode(selections=tuple(selections))
    return None


def _with_member(
    node: FieldNode, arguments: Mapping[str, GraphQLArgument]
) -> tuple[ArgumentNode, ...] | None:
    """The arguments with the version in the first input object that has a place for it."""
    written = list(node.arguments or ())
    for index, given in enumerate(written):
        value, type_ = given.value, get_named_type(arguments[given.name.value].type)
        if not isinstance(value, ObjectValueNode) or not isinstance(type_, GraphQLInputObjectType):
            continue
        taken = {member.name.value for member in value.fields}
        if _is_version(type_.fields) and _FIELD not in taken:
            member = ObjectFieldNode(name=_name(_FIELD), value=_variable())
            written[index] = replace(given, value=replace(value, fields=(*value.fields, member)))
            return tuple(written)
    return None


def _is_version(fields: Mapping[str, Any]) -> bool:
    """Whether one of the fields, arguments or members is the number of a version: elsewhere the
    word has other meanings, such as the version of a language."""
    return _FIELD in fields and get_nullable_type(fields[_FIELD].type) is GraphQLInt


def _printed(operation: OperationDefinitionNode, route: RestRoute) -> str:
    """A document of the operation and the fragments of the route."""
    return print_ast(DocumentNode(definitions=(operation, *route.nodes.fragments.values())))


def _variable() -> VariableNode:
    return VariableNode(name=_name(VERSION))


def _name(text: str) -> NameNode:
    return NameNode(value=text)
