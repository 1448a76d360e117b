"""Rules on the merged schema, checked when merging found no error."""

from __future__ import annotations

from router.composition.merge import MergeResult


def check_merged(result: MergeResult) -> None:
    """Check every rule; errors are added to ``result.merge``."""
