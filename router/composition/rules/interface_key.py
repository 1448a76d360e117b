"""INTERFACE_KEY_NOT_ON_IMPLEMENTATION: a key of an interface is a key of its implementations."""

from collections.abc import Iterator

from graphql import FieldNode, InlineFragmentNode, SelectionSetNode, print_ast

from trellis.router.composition.model import TypeDefinition, TypeKind
from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules.applications import broken
from trellis.router.composition.subgraph import EntityKey, SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    for interface in subgraph.schema.types_of(TypeKind.INTERFACE):
        for key in subgraph.keys(interface):
            yield from _check_key(subgraph, interface, key)


def _check_key(
    subgraph: SubgraphSchema, interface: TypeDefinition, key: EntityKey
) -> Iterator[CompositionError]:
    if key.selection is None:
        return
    wanted = _shape(key.selection)
    missing: list[str] = []
    unresolvable: list[str] = []
    for implementation in subgraph.schema.implementations(interface.name):
        if implementation.kind is not TypeKind.OBJECT:
            continue
        same = next(
            (
                own
                for own in subgraph.keys(implementation)
                if own.selection is not None and _shape(own.selection) == wanted
            ),
            None,
        )
        if same is None:
            missing.append(implementation.name)
        elif key.resolvable and not same.resolvable:
            unresolvable.append(implementation.name)
    for names, problem in ((missing, "is missing on"), (unresolvable, "must be resolvable on")):
        if names:
            quoted = ", ".join(f'"{name}"' for name in names)
            yield broken(
                "INTERFACE_KEY_NOT_ON_IMPLEMENTATION",
                f'Key "{key.fields}" of interface "{interface.name}" {problem} {quoted}: add'
                f' @key(fields: "{key.fields}") to every implementation.',
                interface.name,
                key.applied.place,
            )
            return


def _shape(selection: SelectionSetNode) -> frozenset[object]:
    """The selection regardless of the order of its fields."""
    found: set[object] = set()
    for item in selection.selections:
        inner = getattr(item, "selection_set", None)
        name = ""
        if isinstance(item, FieldNode):
            name = item.name.value
        elif isinstance(item, InlineFragmentNode) and item.type_condition:
            name = f"... on {print_ast(item.type_condition)}"
        found.add((name, _shape(inner) if inner else None))
    return frozenset(found)
