"""Turns one validated operation into its normalized form.

The passes, in the order in which they apply to a selection: ``conditions`` (@skip, @include),
``collect`` (inlines fragments, resolves type conditions), ``merge`` (one field per response key
and group of runtime types), ``arguments`` (prints them).
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

    ``variables`` are coerced values; only those used by ``@skip`` and ``@include`` are read.
    Raises PlanningLimit if the result exceeds ``merge.MAX_FIELDS`` fields. To normalize many
    operations, keep one ``Normalizer(schema)``.
    """
    return Normalizer(schema).normalize(operation, fragments, variables)
