"""``@fromContext``: CONTEXT_NOT_SET, NO_CONTEXT_IN_SELECTION, CONTEXT_NO_RESOLVABLE_KEY,
CONTEXT_INVALID_SELECTION."""

from collections.abc import Iterator

from graphql import (
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
)

from trellis.router.composition.fieldsets import parse_field_set
from trellis.router.composition.graphql_rules.interfaces import is_subtype
from trellis.router.composition.model import (
    AppliedDirective,
    FieldDefinition,
    InputValue,
    SourceLocation,
    TypeDefinition,
    TypeKind,
    TypeRef,
)
from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules.applications import broken, composites
from trellis.router.composition.subgraph import SubgraphSchema, split_context, string_value


class _InvalidSelection(Exception):
    pass


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    for directive in subgraph.schema.directives.values():
        for argument in directive.arguments.values():
            for applied in subgraph.applied(argument, "fromContext"):
                coordinate = f"@{directive.name}({argument.name}:)"
                yield _not_set(
                    f'@fromContext cannot be used on the directive argument "{coordinate}".',
                    coordinate,
                    applied.place,
                )
    for definition in composites(subgraph):
        for field in definition.fields.values():
            for argument in field.arguments.values():
                for applied in subgraph.applied(argument, "fromContext"):
                    yield from _check_argument(subgraph, definition, field, argument, applied)


def _check_argument(
    subgraph: SubgraphSchema,
    definition: TypeDefinition,
    field: FieldDefinition,
    argument: InputValue,
    applied: AppliedDirective,
) -> Iterator[CompositionError]:
    coordinate = f"{definition.name}.{field.name}({argument.name}:)"
    if definition.kind is not TypeKind.OBJECT:
        yield _not_set(
            f'@fromContext cannot be used on "{coordinate}": "{definition.name}" is abstract.',
            coordinate,
            applied.place,
        )
        return
    for name in definition.interfaces:
        interface = subgraph.schema.types.get(name)
        if interface is not None and field.name in interface.fields:
            yield _not_set(
                f'@fromContext cannot be used on "{coordinate}": the field implements'
                f' "{name}.{field.name}".',
                coordinate,
                applied.place,
            )
    if argument.default is not None:
        yield _not_set(
            f'The @fromContext argument "{coordinate}" must not have a default value.',
            coordinate,
            applied.place,
        )
    yield from _check_value(subgraph, argument, applied, coordinate)
    if not any(key.resolvable for key in subgraph.keys(definition)):
        yield broken(
            "CONTEXT_NO_RESOLVABLE_KEY",
            f'"{definition.name}" has a contextual argument, "{coordinate}", but no resolvable'
            " @key: add one.",
            coordinate,
            applied.place,
        )


def _check_value(
    subgraph: SubgraphSchema, argument: InputValue, applied: AppliedDirective, coordinate: str
) -> Iterator[CompositionError]:
    name, text = split_context(string_value(applied.arguments.get("field")) or "")
    if not name or not text:
        yield broken(
            "NO_CONTEXT_IN_SELECTION",
            f'The @fromContext of "{coordinate}" does not start with a context: write'
            ' field: "$context { field }".',
            coordinate,
            applied.place,
        )
        return
    setters = subgraph.context_setters(name)
    if not setters:
        yield _not_set(
            f'Context "{name}" is used by "{coordinate}" but never set: add @context(name:'
            f' "{name}") to a type above it.',
            coordinate,
            applied.place,
        )
    try:
        for setter in setters:
            _check_selection(subgraph, setter, _parse(text), argument.type)
    except _InvalidSelection as problem:
        yield broken(
            "CONTEXT_INVALID_SELECTION",
            f'Context "{name}" is used by "{coordinate}" but the selection is invalid: {problem}.',
            coordinate,
            applied.place,
        )


def _parse(text: str) -> SelectionSetNode:
    try:
        selection = parse_field_set(text)
    except GraphQLError as error:
        raise _InvalidSelection(error.message) from None
    _refuse_decorations(selection)
    return selection


def _refuse_decorations(selection: SelectionSetNode) -> None:
    for item in selection.selections:
        if item.directives:
            raise _InvalidSelection("directives are not allowed in the selection")
        if isinstance(item, FieldNode) and item.alias is not None:
            raise _InvalidSelection("aliases are not allowed in the selection")
        inner = getattr(item, "selection_set", None)
        if inner is not None:
            _refuse_decorations(inner)


def _check_selection(
    subgraph: SubgraphSchema,
    setter: TypeDefinition,
    selection: SelectionSetNode,
    expected: TypeRef,
) -> None:
    """Check that exactly one leaf is selected for every runtime type of ``setter``."""
    items = selection.selections
    if isinstance(next(iter(items), None), FieldNode):
        _check_leaf(subgraph, setter, selection, expected)
        return
    fragments = [_condition(item) for item in items]
    schema = subgraph.schema
    for runtime_type in sorted(schema.runtime_types(setter.name)) or [setter.name]:
        matching = [
            (condition, fragment)
            for condition, fragment in fragments
            if runtime_type in schema.runtime_types(condition)
        ]
        if not matching:
            raise _InvalidSelection(f'no type condition matches the location "{setter.name}"')
        if len(matching) > 1:
            raise _InvalidSelection(f'several type conditions match "{runtime_type}"')
        condition, fragment = matching[0]
        _check_leaf(subgraph, schema.types[condition], fragment, expected)


def _condition(item: SelectionNode) -> tuple[str, SelectionSetNode]:
    if not isinstance(item, InlineFragmentNode) or item.type_condition is None:
        raise _InvalidSelection("fields and type conditions cannot be mixed")
    return item.type_condition.name.value, item.selection_set


def _check_leaf(
    subgraph: SubgraphSchema, parent: TypeDefinition, selection: SelectionSetNode, expected: TypeRef
) -> None:
    found = _leaf_type(subgraph, parent, selection)
    if not is_subtype(subgraph.schema, found, expected):
        raise _InvalidSelection(
            f"the type of the selection, {found}, does not match the expected type {expected}"
        )


def _leaf_type(
    subgraph: SubgraphSchema, parent: TypeDefinition, selection: SelectionSetNode
) -> TypeRef:
    """The type of the selected leaf: nullable or a list when an enclosing field is."""
    if subgraph.is_interface_object(parent):
        raise _InvalidSelection(f'"{parent.name}" is an interface object')
    if len(selection.selections) != 1:
        raise _InvalidSelection("multiple selections are made")
    item = selection.selections[0]
    if not isinstance(item, FieldNode):
        raise _InvalidSelection("type conditions are allowed at the top only")
    field = parent.fields.get(item.name.value)
    if field is None:
        raise _InvalidSelection(f'"{parent.name}" has no field "{item.name.value}"')
    if item.selection_set is None:
        inner = subgraph.schema.types.get(field.type.base)
        if inner is not None and inner.kind not in (TypeKind.SCALAR, TypeKind.ENUM):
            raise _InvalidSelection(f'"{parent.name}.{field.name}" needs a selection of subfields')
        return field.type
    inner = subgraph.schema.types.get(field.type.base)
    if inner is None:
        raise _InvalidSelection(f'"{parent.name}.{field.name}" has no subfields')
    return _wrapped(field.type, _leaf_type(subgraph, inner, item.selection_set))


def _wrapped(outer: TypeRef, leaf: TypeRef) -> TypeRef:
    if outer.of is not None:
        return TypeRef(of=_wrapped(outer.of, leaf), non_null=outer.non_null)
    return leaf if outer.non_null else leaf.nullable()


def _not_set(message: str, coordinate: str, place: SourceLocation | None) -> CompositionError:
    return broken("CONTEXT_NOT_SET", message, coordinate, place)
