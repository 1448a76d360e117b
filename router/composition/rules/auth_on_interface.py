"""AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE: interfaces inherit the requirements of their
implementations."""

from collections.abc import Iterator

from trellis.router.composition.model import FieldDefinition, TypeDefinition, TypeKind
from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules.applications import broken, composites
from trellis.router.composition.subgraph import SubgraphSchema

_DIRECTIVES = ("authenticated", "requiresScopes", "policy")


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    for definition in composites(subgraph):
        if definition.kind is TypeKind.INTERFACE:
            yield from _refuse(subgraph, definition, f'interface "{definition.name}"')
            for field in definition.fields.values():
                yield from _refuse(subgraph, field, f'field "{definition.name}.{field.name}"')
        elif subgraph.is_interface_object(definition):
            yield from _refuse(subgraph, definition, f'interface object "{definition.name}"')


def _refuse(
    subgraph: SubgraphSchema, element: TypeDefinition | FieldDefinition, noun: str
) -> Iterator[CompositionError]:
    for directive in _DIRECTIVES:
        for applied in subgraph.applied(element, directive):
            yield broken(
                "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE",
                f"@{subgraph.federation_name(directive)} cannot be applied on {noun}: put it on"
                " the implementing object types and their fields.",
                noun.split('"')[1],
                applied.place,
            )
