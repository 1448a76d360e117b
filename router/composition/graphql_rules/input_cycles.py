"""Every input object can be given a finite value (spec 3.10, InputObjectHasUnbreakableCycle)."""

from collections.abc import Iterator, Mapping

from trellis.router.composition.graphql_rules.cycles import cycles
from trellis.router.composition.graphql_rules.one_of import is_one_of
from trellis.router.composition.graphql_rules.violation import Violation
from trellis.router.composition.model import TypeDefinition, TypeKind
from trellis.router.composition.subgraph import SubgraphSchema

Inputs = Mapping[str, TypeDefinition]


def check(subgraph: SubgraphSchema) -> Iterator[Violation]:
    inputs = {t.name: t for t in subgraph.schema.types_of(TypeKind.INPUT_OBJECT)}
    needed = {name: fields for name, t in inputs.items() if (fields := _needed(t, inputs))}
    endless = _without_finite_value(needed, inputs)
    graph = {name: list(fields.values()) for name, fields in endless.items()}
    for cycle in cycles(graph):
        fields = [
            f"{name}.{next(field for field, base in endless[name].items() if base == target)}"
            for name, target in zip(cycle, [*cycle[1:], cycle[0]], strict=True)
        ]
        yield Violation(
            f'Input object "{cycle[0]}" cannot be given a finite value: it needs another one of'
            f" itself in {', '.join(fields)}. Make one of these fields optional, or a list.",
            fields[0],
            inputs[cycle[0]].place,
            tuple(fields[1:]),
        )


def _needed(definition: TypeDefinition, inputs: Inputs) -> dict[str, str]:
    """The required fields of input object type, with their types: all of them, or for a ``@oneOf``
    input any of them. Empty when a value needs no other input object."""
    one_of = is_one_of(definition)
    needed = {
        field.name: field.type.base
        for field in definition.input_fields.values()
        if field.type.of is None and field.type.base in inputs and field.type.non_null != one_of
    }
    return {} if one_of and len(needed) < len(definition.input_fields) else needed


def _without_finite_value(
    needed: Mapping[str, dict[str, str]], inputs: Inputs
) -> dict[str, dict[str, str]]:
    """The inputs without a finite value, with the required fields that cause it."""
    endless = dict(needed)
    changed = True
    while changed:
        changed = False
        for name, fields in list(endless.items()):
            left = {field: base for field, base in fields.items() if base in endless}
            if not left or (is_one_of(inputs[name]) and len(left) < len(needed[name])):
                del endless[name]
                changed = True
            else:
                endless[name] = left
    return endless
