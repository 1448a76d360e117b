"""``@listSize`` of the usual lists, for the estimate of costs (docs/cost.md)."""

from collections.abc import Sequence

from strawberry import UNSET
from strawberry.federation.schema_directives import ListSize

from trellis.schema.paging import DEFAULT_PAGE


def list_size(
    assumed: int, slicing: Sequence[str] | None = None, sized: Sequence[str] | None = None
) -> ListSize:
    """A list of ``assumed`` items, or of as many as one of the arguments ``slicing`` says.
    ``sized`` are the fields of the returned object that are the list."""
    return ListSize(
        assumed_size=assumed,
        slicing_arguments=UNSET if slicing is None else list(slicing),
        sized_fields=UNSET if sized is None else list(sized),
        require_one_slicing_argument=False,
    )


FORWARD = list_size(DEFAULT_PAGE, ["first"], ["edges"])
"""A connection that is paged forward."""
EITHER_WAY = list_size(DEFAULT_PAGE, ["first", "last"], ["edges"])
"""A connection that is paged in both directions."""
