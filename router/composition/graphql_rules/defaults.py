"""Default values fit the type of their argument or input field (spec 3.6.1, 3.10)."""

from collections.abc import Iterator

from router.composition.graphql_rules.literals import literal_problem
from router.composition.graphql_rules.violation import violation
from router.composition.model import InputValue
from router.composition.report import CompositionError
from router.composition.subgraph import SubgraphSchema


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    for coordinate, _, element in subgraph.elements:
        if not isinstance(element, InputValue) or element.default is None:
            continue
        problem = literal_problem(subgraph, element.default, element.type)
        if problem is not None:
            yield violation(
                f'The default value of "{coordinate}" {problem}.', coordinate, element.place
            )
