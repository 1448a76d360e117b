"""Introspection: ``__schema`` and ``__type`` are resolved from the API schema by the router."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLInputObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    NamedTypeNode,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableDefinitionNode,
    execute_sync,
    parse,
)

from trellis.router.errors import OperationRefused
from trellis.router.operation.parse import ParsedOperation

_ARGUMENT_TYPES = frozenset({"String", "Boolean"})
"""The types of the arguments of introspection fields, ``@skip`` and ``@include``."""


class Introspection:
    """Resolves introspection fields against one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema

    def answer(
        self, selections: Sequence[str], parsed: ParsedOperation, variables: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Resolve ``selections`` (see ``Field.introspection``); the results are keyed by them.

        ``variables`` are the client's JSON values, already checked against the API schema. Raises
        OperationRefused if they do not match ``self.schema``, which may be a part of it.
        """
        fields = [
            field for number, text in enumerate(selections) for field in _fields(text, f"q{number}")
        ]
        # Introspection fields are the same in all kinds of operations, so they run as a query.
        query = OperationDefinitionNode(
            operation=OperationType.QUERY,
            variable_definitions=tuple(_usable_variables(parsed.operation)),
            directives=(),
            selection_set=SelectionSetNode(selections=tuple(fields)),
        )
        result = execute_sync(
            self.schema,
            DocumentNode(definitions=(query, *parsed.fragments.values())),
            variable_values=dict(variables),
            middleware=[_resolve_is_one_of],
        )
        assert isinstance(result, ExecutionResult)
        if result.errors or result.data is None:
            extensions = {"code": "BAD_USER_INPUT"}
            raise OperationRefused(
                [{"message": e.message, "extensions": extensions} for e in result.errors or ()]
            )
        return {text: result.data[f"q{number}"] for number, text in enumerate(selections)}


def _fields(text: str, key: str) -> Iterator[FieldNode]:
    """The fields of one printed selection, with ``key`` as their response key."""
    definition = parse(f"{{ {text} }}", no_location=True).definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    for node in definition.selection_set.selections:
        assert isinstance(node, FieldNode)
        yield FieldNode(
            alias=NameNode(value=key),
            name=node.name,
            arguments=node.arguments,
            directives=(),
            selection_set=node.selection_set,
        )


def _resolve_is_one_of(
    resolve: Callable[..., Any], source: Any, info: GraphQLResolveInfo, **args: Any
) -> Any:
    """Resolve ``__Type.isOneOf`` from the type itself. graphql-core has one ``__Type`` per process,
    and creating a Strawberry schema replaces its resolver by one for Strawberry types only."""
    if info.field_name == "isOneOf":
        return source.is_one_of if isinstance(source, GraphQLInputObjectType) else None
    return resolve(source, info, **args)


def _usable_variables(operation: OperationDefinitionNode) -> Iterator[VariableDefinitionNode]:
    """The variables that introspection fields and their conditions can use. Other variables may
    have types that are not part of the schema shown to the caller."""
    for definition in operation.variable_definitions or ():
        type_ = definition.type
        while not isinstance(type_, NamedTypeNode):
            type_ = type_.type  # type: ignore[attr-defined]
        if type_.name.value in _ARGUMENT_TYPES:
            yield definition
