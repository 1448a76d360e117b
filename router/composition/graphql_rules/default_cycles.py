"""No default value of an input field contains itself (spec 3.10, InputObjectDefaultValueHasCycle).

Where a default value omits a field, the field's own default value applies, and so on.
"""

from collections.abc import Iterator, Mapping

from graphql import ListValueNode, ObjectValueNode, ValueNode

from trellis.router.composition.graphql_rules.cycles import cycles
from trellis.router.composition.graphql_rules.violation import Violation
from trellis.router.composition.model import TypeDefinition, TypeKind
from trellis.router.composition.subgraph import SubgraphSchema

Inputs = Mapping[str, TypeDefinition]


def check(subgraph: SubgraphSchema) -> Iterator[Violation]:
    inputs = {t.name: t for t in subgraph.schema.types_of(TypeKind.INPUT_OBJECT)}
    graph = {
        (name, field.name): list(_completing(inputs[field.type.base], field.default, inputs))
        for name, definition in inputs.items()
        for field in definition.input_fields.values()
        if field.default is not None and field.type.base in inputs
    }
    for cycle in cycles(graph):
        fields = [f"{type_name}.{name}" for type_name, name in cycle]
        yield Violation(
            f"The default values of {', '.join(fields)} contain one another without end: give one"
            " of them a value for the field that the next one completes, or no default.",
            fields[0],
            inputs[cycle[0][0]].input_fields[cycle[0][1]].place,
            tuple(fields[1:]),
        )


def _completing(
    definition: TypeDefinition, value: ValueNode, inputs: Inputs
) -> Iterator[tuple[str, str]]:
    """The fields whose defaults apply to this value of an input object (or list of them)."""
    if isinstance(value, ListValueNode):
        for item in value.values:
            yield from _completing(definition, item, inputs)
        return
    if not isinstance(value, ObjectValueNode):
        return
    given = {member.name.value: member.value for member in value.fields}
    for field in definition.input_fields.values():
        target = inputs.get(field.type.base)
        if target is None:
            continue
        if field.name in given:
            yield from _completing(target, given[field.name], inputs)
        elif field.default is not None:
            yield definition.name, field.name
