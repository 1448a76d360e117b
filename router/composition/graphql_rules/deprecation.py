"""Required arguments and input fields cannot be deprecated (spec 3.13.3)."""

from collections.abc import Iterator

from trellis.router.composition.graphql_rules.violation import Violation
from trellis.router.composition.subgraph import SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[Violation]:
    for coordinate, value in subgraph.marked_inputs:
        if value.default is not None or not value.type.non_null:
            continue
        if any(applied.name == "deprecated" for applied in value.applied):
            yield Violation(
                f'"{coordinate}" is required and cannot be deprecated.', coordinate, value.place
            )
