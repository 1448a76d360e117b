"""Merging the subgraphs' schemas into one, one concern per file.

    types ──> interfaces, unions ──> fields, input objects ──> directives' definitions ──> enums
    ──> fields contributed by interface objects ──> applied directives

Types come first, without their fields: whether two field types are compatible depends on interfaces
and unions. Enums come last of the definitions: how their values merge depends on how they are used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trellis.router.composition.join import JOIN_URL, LINK_URL, graph_names
from trellis.router.composition.merge.compose_directive import ComposedFeature, compose_directives
from trellis.router.composition.merge.definitions import merge_executable_directives
from trellis.router.composition.merge.directives import apply_directives
from trellis.router.composition.merge.enums import merge_enum
from trellis.router.composition.merge.features import MergedNames, hint_upgrades, merge_names
from trellis.router.composition.merge.fields import merge_fields
from trellis.router.composition.merge.inputs import merge_input_object
from trellis.router.composition.merge.interface_object import add_contributed_fields
from trellis.router.composition.merge.sharing import check_sharing
from trellis.router.composition.merge.state import Merge
from trellis.router.composition.merge.types import (
    add_join_types,
    collect_types,
    merge_description,
    merge_implements,
    merge_roots,
)
from trellis.router.composition.merge.unions import merge_union
from trellis.router.composition.model import TypeKind
from trellis.router.composition.subgraph import SubgraphSchema

__all__ = ["MergeResult", "merge_subgraphs"]


@dataclass(frozen=True, slots=True)
class MergeResult:
    """The state after merging, and the features that the supergraph must link."""

    merge: Merge
    names: MergedNames
    composed: list[ComposedFeature]


def merge_subgraphs(subgraphs: Sequence[SubgraphSchema]) -> MergeResult:
    """Merge subgraphs in normal form, in any order.

    The errors are in the result; after an error the merged schema is incomplete.
    """
    ordered = sorted(subgraphs, key=lambda subgraph: subgraph.name)
    merge = Merge(ordered, graph_names([subgraph.name for subgraph in ordered]))
    hint_upgrades(merge)
    names = merge_names(merge)
    composed = compose_directives(merge, names)
    if not merge.errors:
        _merge_all(merge, names, composed)
    return MergeResult(merge, names, composed)


def _merge_all(merge: Merge, names: MergedNames, composed: list[ComposedFeature]) -> None:
    merge.directive_names.update(names.names)
    features = [d for feature in composed for d in feature.definitions]
    specified = names.definitions()
    merge.spec_directives = frozenset(definition.name for definition in specified)
    merge.namespaces = {
        "join": JOIN_URL,
        "link": LINK_URL,
        **{feature.name: feature.url for feature, _ in names.feature_links()},
        **{feature.namespace: feature.url for feature in composed},
    }
    for definition in (*features, *specified):
        merge.merged.directives[definition.name] = definition
    merge_roots(merge)
    collect_types(merge)
    _merge_members(merge)


def _merge_members(merge: Merge) -> None:
    merge_implements(merge)
    for definition in merge.of_kind(*TypeKind):
        sources = merge.sources[definition.name]
        merge_description(merge, definition.name, definition, sources)
        merge.postpone_directives(definition.name, definition, sources)
        add_join_types(merge, definition)
    for definition in merge.of_kind(TypeKind.UNION):
        merge_union(merge, definition)
    for definition in merge.of_kind(TypeKind.OBJECT, TypeKind.INTERFACE):
        merge_fields(merge, definition)
    for definition in merge.of_kind(TypeKind.INPUT_OBJECT):
        merge_input_object(merge, definition)
    merge_executable_directives(merge)
    for definition in merge.of_kind(TypeKind.ENUM):
        merge_enum(merge, definition)
    _merge_schema_element(merge)
    apply_directives(merge)
    for definition, field in add_contributed_fields(merge):
        check_sharing(merge, definition, field.name, {})
    _check_queries(merge)


def _check_queries(merge: Merge) -> None:
    """``NO_QUERIES``: no subgraph has a query field."""
    query = merge.merged.types.get(merge.merged.roots.get("query", ""))
    if query is None or not query.fields:
        merge.error(
            "NO_QUERIES",
            "No subgraph has a query field: a graph needs at least one.",
        )


def _merge_schema_element(merge: Merge) -> None:
    sources = {i: subgraph.schema for i, subgraph in enumerate(merge.subgraphs)}
    described = {i: s for i, s in sources.items() if s.description}
    merge_description(merge, "schema", merge.merged, described)
    merge.postpone_directives("schema", merge.merged, sources)
