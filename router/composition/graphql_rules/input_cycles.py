"""No input object requires itself, at whatever distance (spec 3.10)."""

from collections.abc import Iterator

from router.composition.graphql_rules.violation import violation
from router.composition.model import Kind, Schema
from router.composition.report import CompositionError
from router.composition.subgraph import SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    schema = subgraph.schema
    graph = {t.name: _required_inputs(schema, t.name) for t in schema.types_of(Kind.INPUT_OBJECT)}
    for name in _on_cycles(graph):
        yield violation(
            f'Input object "{name}" cannot refer to itself through non-null fields only: no value'
            " could ever be given.",
            name,
            schema.types[name].place,
        )


def _required_inputs(schema: Schema, name: str) -> list[str]:
    return [
        field.type.base
        for field in schema.types[name].input_fields.values()
        if field.type.non_null
        and field.type.of is None
        and (base := schema.types.get(field.type.base)) is not None
        and base.kind is Kind.INPUT_OBJECT
    ]


def _on_cycles(graph: dict[str, list[str]]) -> Iterator[str]:
    """The nodes that stay when sinks are removed until none is left: cycles and what leads there.
    Reported are those that reach themselves."""
    remaining = dict(graph)
    while sinks := [n for n, targets in remaining.items() if not set(targets) & remaining.keys()]:
        for sink in sinks:
            del remaining[sink]
    for name in remaining:
        seen: set[str] = set()
        pending = list(remaining[name])
        while pending:
            current = pending.pop()
            if current in remaining and current not in seen:
                seen.add(current)
                pending += remaining[current]
        if name in seen:
            yield name
