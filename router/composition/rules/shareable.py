"""INVALID_SHAREABLE_USAGE: ``@shareable`` is for object fields, once per declaration."""

from collections import Counter
from collections.abc import Iterator

from trellis.router.composition.model import TypeKind
from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules.applications import broken, composites
from trellis.router.composition.subgraph import SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    for definition in composites(subgraph):
        counts = Counter(a.declaration for a in subgraph.applied(definition, "shareable"))
        if any(count > 1 for count in counts.values()):
            yield broken(
                "INVALID_SHAREABLE_USAGE",
                f'Type "{definition.name}" has @shareable more than once on one declaration:'
                " keep one.",
                definition.name,
                definition.place,
            )
        for field in definition.fields.values():
            applications = subgraph.applied(field, "shareable")
            coordinate = f"{definition.name}.{field.name}"
            if applications and definition.kind is TypeKind.INTERFACE:
                yield broken(
                    "INVALID_SHAREABLE_USAGE",
                    f'Field "{coordinate}" of an interface cannot be @shareable: only fields of'
                    " object types are resolved.",
                    coordinate,
                    applications[0].place,
                )
            if len(applications) > 1:
                yield broken(
                    "INVALID_SHAREABLE_USAGE",
                    f'Field "{coordinate}" has @shareable more than once: keep one.',
                    coordinate,
                    applications[0].place,
                )
