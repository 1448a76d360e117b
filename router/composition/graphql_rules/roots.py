"""Root operation types are distinct object types (spec 3.3.1)."""

from collections.abc import Iterator

from trellis.router.composition.graphql_rules.violation import Violation
from trellis.router.composition.model import TypeKind
from trellis.router.composition.subgraph import SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[Violation]:
    used: dict[str, str] = {}
    for operation, name in subgraph.schema.roots.items():
        definition = subgraph.schema.types.get(name)
        if definition is None:
            yield Violation(f'Unknown type "{name}" as {operation} root type.', name, None)
        elif definition.kind is not TypeKind.OBJECT:
            yield Violation(
                f'The {operation} root type must be an object type, but "{name}" is'
                f" an {definition.kind}.",
                name,
                definition.place,
            )
        elif name in used:
            yield Violation(
                f'"{name}" cannot be the {operation} root type: it is the {used[name]} root type.',
                name,
                definition.place,
            )
        used.setdefault(name, operation)
