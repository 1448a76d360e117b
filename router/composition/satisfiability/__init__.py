"""Satisfiability: can the subgraphs together resolve every query of the supergraph?"""

from collections.abc import Sequence

from trellis.router.composition.model import FieldDefinition, Schema, TypeDefinition
from trellis.router.composition.report import CompositionError, CompositionHint
from trellis.router.composition.satisfiability.views import view_subgraphs
from trellis.router.composition.satisfiability.walk import TooManyPaths, Walk
from trellis.router.composition.subgraph import SubgraphSchema

MAX_PATHS = 1_000_000
"""Open positions at one time. The default of Apollo's composition for the same error code."""


def check_satisfiability(
    subgraphs: Sequence[SubgraphSchema],
    merged: Schema,
    *,
    max_paths: int = MAX_PATHS,
    inaccessible: str = "inaccessible",
) -> tuple[list[CompositionError], list[CompositionHint]]:
    """Walk every path of the API schema (``merged`` without what is ``@inaccessible``, which the
    subgraphs may have imported under another name).

    Returns one error per field that some path cannot reach (SATISFIABILITY_ERROR, with a
    shortest query), errors and hints about shared fields whose subgraphs return different types,
    and MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED alone when more than ``max_paths`` positions are
    open at once.
    """

    def is_visible(element: TypeDefinition | FieldDefinition) -> bool:
        return not any(applied.name == inaccessible for applied in element.applied)

    walk = Walk(view_subgraphs(subgraphs), merged, is_visible, max_paths)
    try:
        walk.run()
    except TooManyPaths:
        message = (
            f"Checking whether all queries can be resolved needs more than {max_paths} open "
            "paths. Raise the limit, or share fewer fields between fewer subgraphs."
        )
        return [CompositionError("MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED", message)], []
    return walk.errors, walk.hints
