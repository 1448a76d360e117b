"""Turns one validated operation into its normalized form.

The passes, in the order in which a selection meets them: ``conditions`` (@skip, @include),
``collect`` (fragments inlined, type conditions resolved), ``merge`` (one field per response key
and group of runtime types), ``arguments`` (printed once).
"""

from collections.abc import Mapping
from typing import Any

from graphql import FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode

from trellis.router.operation.model import NormalizedOperation
from trellis.router.operation.normalize.conditions import condition_variables
from trellis.router.operation.normalize.merge import Normalizer

__all__ = ["Normalizer", "condition_variables", "normalize"]


def normalize(
    operation: OperationDefinitionNode,
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
) -> NormalizedOperation:
    """Normalize ``operation``, which must be valid against the API ``schema``.

    ``variables`` are coerced values; only those asked by ``@skip`` and ``@include`` are read.
    Raises PlanningLimit when the result grows beyond ``merge.MAX_FIELDS`` fields. Whoever
    normalizes many operations keeps one ``Normalizer(schema)``.
    """
    return Normalizer(schema).normalize(operation, fragments, variables)
