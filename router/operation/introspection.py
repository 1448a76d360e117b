"""``__schema`` and ``__type``: answered from the API schema, without any subgraph."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInputObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    execute_sync,
)

from router.operation.parse import ParsedOperation

NAMES = frozenset({"__schema", "__type"})
_ARGUMENT_TYPES = frozenset({"String", "Boolean"})


class Introspection:
    """Answers the introspective root fields of operations on one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        assert schema.query_type is not None
        self._query = NamedTypeNode(name=NameNode(value=schema.query_type.name))

    def answer(self, parsed: ParsedOperation, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The data of the operation's ``__schema`` and ``__type`` fields by response key.
        ``variables`` are the client's JSON values, checked before."""
        fragments: dict[str, FragmentDefinitionNode | None] = {}
        # Introspection is the same for every kind of operation; as a query nothing else runs.
        query = OperationDefinitionNode(
            operation=OperationType.QUERY,
            variable_definitions=tuple(_variables_of_ours(parsed.operation)),
            directives=(),
            selection_set=self._cut(parsed.operation.selection_set, parsed, fragments),
        )
        kept = [node for node in fragments.values() if node is not None]
        kept += [node for name, node in parsed.fragments.items() if name not in fragments]
        document = DocumentNode(definitions=(query, *kept))
        result = execute_sync(
            self.schema,
            document,
            variable_values=dict(variables),
            middleware=[_tell_one_of],
        )
        assert isinstance(result, ExecutionResult)
        return result.data or {}

    def _cut(
        self,
        selections: SelectionSetNode,
        parsed: ParsedOperation,
        fragments: dict[str, FragmentDefinitionNode | None],
    ) -> SelectionSetNode:
        """Root selections without their data fields. Fragments spread here are cut likewise, each
        once, and put into ``fragments`` (None: nothing of it is left)."""
        kept: list[SelectionNode] = []
        for node in selections.selections:
            if isinstance(node, FieldNode):
                if node.name.value in NAMES:
                    kept.append(node)
            elif isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name not in fragments:
                    fragments[name] = None
                    inner = self._cut(parsed.fragments[name].selection_set, parsed, fragments)
                    if inner.selections:
                        fragments[name] = FragmentDefinitionNode(
                            name=node.name,
                            type_condition=self._query,
                            directives=(),
                            selection_set=inner,
                        )
                if fragments[name] is not None:
                    kept.append(node)
            else:
                assert isinstance(node, InlineFragmentNode)
                inner = self._cut(node.selection_set, parsed, fragments)
                if inner.selections:
                    kept.append(InlineFragmentNode(directives=node.directives, selection_set=inner))
        return SelectionSetNode(selections=tuple(kept))


def _tell_one_of(
    resolve: Callable[..., Any], source: Any, info: GraphQLResolveInfo, **args: Any
) -> Any:
    """``__Type.isOneOf`` from the type itself. The process has one ``__Type``, and any Strawberry
    schema in it replaces the resolver by one that knows Strawberry's types only."""
    if info.field_name == "isOneOf" and info.parent_type.name == "__Type":
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
