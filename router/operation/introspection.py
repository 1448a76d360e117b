"""``__schema`` and ``__type``: answered from the API schema, without any subgraph."""

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


class Introspection:
    """Answers what operations ask about one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema

    def answer(
        self, questions: Sequence[str], parsed: ParsedOperation, variables: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The answers to ``questions`` (``Field.question``), by question. ``variables`` are the
        client's JSON values, checked before. Raises OperationRefused when they do not fit."""
        fields = [
            field for number, text in enumerate(questions) for field in _fields(text, f"q{number}")
        ]
        # The same for every kind of operation, and below a mutation too: nothing else runs.
        query = OperationDefinitionNode(
            operation=OperationType.QUERY,
            variable_definitions=tuple(_variables_of_ours(parsed.operation)),
            directives=(),
            selection_set=SelectionSetNode(selections=tuple(fields)),
        )
        result = execute_sync(
            self.schema,
            DocumentNode(definitions=(query, *parsed.fragments.values())),
            variable_values=dict(variables),
            middleware=[_tell_one_of],
        )
        assert isinstance(result, ExecutionResult)
        if result.errors or result.data is None:
            extensions = {"code": "BAD_USER_INPUT"}
            raise OperationRefused(
                [{"message": e.message, "extensions": extensions} for e in result.errors or ()]
            )
        return {text: result.data[f"q{number}"] for number, text in enumerate(questions)}


def _fields(question: str, key: str) -> Iterator[FieldNode]:
    """The fields of one question, to be answered under ``key``."""
    definition = parse(f"{{ {question} }}", no_location=True).definitions[0]
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


def _tell_one_of(
    resolve: Callable[..., Any], source: Any, info: GraphQLResolveInfo, **args: Any
) -> Any:
    """``__Type.isOneOf`` from the type itself. The process has one ``__Type``, and any Strawberry
    schema in it replaces the resolver by one that knows Strawberry's types only."""
    if info.field_name == "isOneOf":
        return source.is_one_of if isinstance(source, GraphQLInputObjectType) else None
    return resolve(source, info, **args)


def _variables_of_ours(operation: OperationDefinitionNode) -> Iterator[VariableDefinitionNode]:
    """Those that introspection and its conditions can use: the types of others may not be part
    of the schema that is shown."""
    for definition in operation.variable_definitions or ():
        type_ = definition.type
        while not isinstance(type_, NamedTypeNode):
            type_ = type_.type  # type: ignore[attr-defined]
        if type_.name.value in _ARGUMENT_TYPES:
            yield definition
