"""The API schema is valid GraphQL as well."""

from __future__ import annotations

from trellis.router.composition.api_schema import api_schema
from trellis.router.composition.merge.state import Merge
from trellis.router.composition.model import Schema
from trellis.router.composition.post.declared import declared
from trellis.router.composition.post.validity import violations


def visible_schema(merge: Merge) -> Schema:
    """The API schema of an error-free merge: no machinery, and nothing that is ``@inaccessible``.
    Made once."""
    if merge.visible is None:
        directives = merge.machinery_directives
        merge.visible = api_schema(
            merge.merged,
            is_machinery=lambda name: (
                name[1:] in directives
                if name.startswith("@")
                else "__" in name and merge.feature_of(name) is not None
            ),
            inaccessible=merge.directive_names.get("inaccessible"),
        )
    return merge.visible


def check_visible(merge: Merge) -> None:
    """``INVALID_GRAPHQL`` for violations of the API schema only. The rules of ``@inaccessible``
    concern references; they do not cover, for instance, a ``@oneOf`` input whose last scalar field
    is hidden."""
    if "inaccessible" not in merge.directive_names:
        return
    for violation in violations(visible_schema(merge)):
        coordinate = violation.coordinate
        merge.error(
            "INVALID_GRAPHQL",
            f"Without what is @inaccessible: {violation.message}",
            coordinate,
            declared(merge, coordinate).values() if coordinate else (),
        )
