"""Field sets: the selections inside ``@key``, ``@requires`` and ``@provides``."""

from collections.abc import Iterator
from functools import lru_cache

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

from trellis.router.composition.model import FieldDefinition, Schema, TypeDefinition, TypeKind


@lru_cache(maxsize=4096)
def parse_field_set(text: str) -> SelectionSetNode:
    """The selection of a field set such as ``"id owner { id }"``, written with or without its outer
    braces. Raises ``GraphQLError`` when it is not a single selection, or spreads a fragment (field
    sets cannot define any)."""
    source = text.strip()
    try:
        document = parse(source if source.startswith("{") else f"{{{text}}}", no_location=True)
    except RecursionError:
        raise GraphQLError("Syntax Error: the selection is nested too deeply.") from None
    definition = document.definitions[0]
    if len(document.definitions) != 1 or not isinstance(definition, OperationDefinitionNode):
        raise GraphQLError("Syntax Error: expected one selection of fields.")
    _refuse_emptiness_and_spreads(definition.selection_set)
    return definition.selection_set


def _refuse_emptiness_and_spreads(selection: SelectionSetNode) -> None:
    if not selection.selections:
        raise GraphQLError('Syntax Error: Expected Name, found "}".')
    for item in selection.selections:
        if isinstance(item, FragmentSpreadNode):
            raise GraphQLError(f'Unknown fragment "{item.name.value}".')
        if isinstance(item, FieldNode | InlineFragmentNode) and item.selection_set:
            _refuse_emptiness_and_spreads(item.selection_set)


def target_fields(
    schema: Schema, parent: TypeDefinition, selection: SelectionSetNode, *, implementations: bool
) -> Iterator[tuple[TypeDefinition, FieldDefinition]]:
    """Every field of the selection, at any depth, with its parent type.

    With ``implementations`` a field of an interface includes the same field of the types that
    implement it. Unknown fields and types are skipped.
    """
    for item in selection.selections:
        if isinstance(item, InlineFragmentNode):
            condition = item.type_condition
            narrowed = schema.types.get(condition.name.value) if condition else parent
            if narrowed is not None:
                yield from target_fields(
                    schema, narrowed, item.selection_set, implementations=implementations
                )
        elif isinstance(item, FieldNode):
            field = parent.fields.get(item.name.value)
            if field is None:
                continue
            yield parent, field
            if implementations and parent.kind is TypeKind.INTERFACE:
                yield from _implementing_fields(schema, parent, field.name)
            inner = schema.types.get(field.type.base)
            if item.selection_set is not None and inner is not None:
                yield from target_fields(
                    schema, inner, item.selection_set, implementations=implementations
                )


def _implementing_fields(
    schema: Schema, interface: TypeDefinition, name: str
) -> Iterator[tuple[TypeDefinition, FieldDefinition]]:
    for implementation in schema.implementations(interface.name):
        field = implementation.fields.get(name)
        if field is not None:
            yield implementation, field
