"""``@requires`` selects fields that other subgraphs resolve: it must fit the merged schema too."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import FieldNode, InlineFragmentNode, SelectionSetNode

from router.composition.merge.arguments import is_required
from router.composition.merge.state import Merge
from router.composition.model import FieldDefinition, TypeDefinition


def check_requires(merge: Merge) -> None:
    """Arguments in a requirement exist on the merged field, and mandatory ones are given: they
    may have been dropped or added by another subgraph.

    Errors: ``REQUIRES_INVALID_FIELDS``.
    """
    for subgraph in merge.subgraphs:
        for definition in subgraph.schema.types.values():
            for field in definition.fields.values():
                requires = subgraph.requires(field)
                if requires is None or requires.selection is None:
                    continue
                merged = merge.merged.types[definition.name]
                for problem in _problems(merge, merged, requires.selection):
                    merge.error(
                        "REQUIRES_INVALID_FIELDS",
                        f"@requires of {definition.name}.{field.name} in subgraph "
                        f'"{subgraph.name}" does not fit the merged graph: {problem}',
                        f"{definition.name}.{field.name}",
                        [field],
                    )


def _problems(merge: Merge, parent: TypeDefinition, selection: SelectionSetNode) -> Iterator[str]:
    for item in selection.selections:
        if isinstance(item, InlineFragmentNode):
            name = item.type_condition.name.value if item.type_condition else parent.name
            narrowed = merge.merged.types.get(name)
            if narrowed is not None:
                yield from _problems(merge, narrowed, item.selection_set)
        elif isinstance(item, FieldNode) and item.name.value in parent.fields:
            field = parent.fields[item.name.value]
            yield from _argument_problems(parent, field, item)
            base = merge.merged.types.get(field.type.base)
            if item.selection_set is not None and base is not None:
                yield from _problems(merge, base, item.selection_set)


def _argument_problems(
    parent: TypeDefinition, field: FieldDefinition, node: FieldNode
) -> Iterator[str]:
    given = {argument.name.value for argument in node.arguments or ()}
    for name in sorted(given - field.arguments.keys()):
        yield (
            f'{parent.name}.{field.name} has no argument "{name}" there, as some subgraph that '
            "resolves the field lacks it."
        )
    for name, argument in field.arguments.items():
        if name not in given and is_required(argument):
            yield f'{parent.name}.{field.name} needs its argument "{name}".'
