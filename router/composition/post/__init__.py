"""Rules for the merged schema, one per file, checked if merging found no error."""

from __future__ import annotations

from trellis.router.composition.merge.state import Merge
from trellis.router.composition.post.auth import add_interface_access, check_transitive_access
from trellis.router.composition.post.deprecation import drop_deprecations
from trellis.router.composition.post.inaccessible import check_inaccessible
from trellis.router.composition.post.interfaces import check_interface_fields
from trellis.router.composition.post.references import check_references
from trellis.router.composition.post.requires import check_requires
from trellis.router.composition.post.validity import check_validity
from trellis.router.composition.post.visible import check_visible

# Each stage relies on the checks of the stages before it.
STAGES = (
    (check_references,),
    (check_interface_fields, check_requires),
    (drop_deprecations, check_validity),
    (check_inaccessible,),
    (check_visible,),
    (add_interface_access, check_transitive_access),
)


def check_merged(merge: Merge) -> None:
    """Complete the merged schema and check it; errors and hints are added to ``merge``."""
    for stage in STAGES:
        for rule in stage:
            rule(merge)
        if merge.errors:
            return
