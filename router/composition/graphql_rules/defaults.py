"""Default values fit the type of their argument or input field (spec 3.6.1, 3.10)."""

from collections.abc import Iterator

from trellis.router.composition.graphql_rules.literals import literal_problem
from trellis.router.composition.graphql_rules.violation import Violation
from trellis.router.composition.subgraph import SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[Violation]:
    for coordinate, value in subgraph.marked_inputs:
        if value.default is None:
            continue
        problem = literal_problem(subgraph, value.default, value.type)
        if problem is not None:
            yield Violation(
                f'The default value of "{coordinate}" {problem}.', coordinate, value.place
            )
