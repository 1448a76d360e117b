"""``@requires`` selects fields of other subgraphs, so it must be valid in the merged schema."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import FieldNode, InlineFragmentNode, SelectionSetNode

from trellis.router.composition.graphql_rules.literals import literal_problem
from trellis.router.composition.merge.arguments import is_required
from trellis.router.composition.merge.state import Merge
from trellis.router.composition.model import FieldDefinition, TypeDefinition


def check_requires(merge: Merge) -> None:
    """Check the arguments in ``@requires`` against the merged field: other subgraphs may lack or
    require some, or accept fewer values.

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
            yield from _argument_problems(merge, parent, field, item)
            base = merge.merged.types.get(field.type.base)
            if item.selection_set is not None and base is not None:
                yield from _problems(merge, base, item.selection_set)


def _argument_problems(
    merge: Merge, parent: TypeDefinition, field: FieldDefinition, node: FieldNode
) -> Iterator[str]:
    coordinate = f"{parent.name}.{field.name}"
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    for name, value in sorted(given.items(), key=lambda item: item[0]):
        argument = field.arguments.get(name)
        if argument is None:
            yield (
                f'{coordinate} has no argument "{name}" there, as some subgraph that resolves the'
                " field lacks it."
            )
            continue
        problem = literal_problem(merge.as_subgraph(), value, argument.type)
        if problem is not None:
            yield f"the value of {coordinate}({name}:) {problem}, as not all subgraphs accept it."
    for name, argument in field.arguments.items():
        if name not in given and is_required(argument):
            yield f'{coordinate} needs its argument "{name}".'
