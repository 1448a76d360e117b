"""Prints the supergraph: the merged schema and the specifications it links."""

from __future__ import annotations

from trellis.router.composition.graphql_rules.one_of import is_one_of
from trellis.router.composition.join import (
    JOIN_URL,
    LINK_DEFINITIONS,
    LINK_URL,
    join_definitions,
    join_version,
)
from trellis.router.composition.merge import MergeResult
from trellis.router.composition.merge.features import federation_version
from trellis.router.composition.model import (
    AppliedDirective,
    EnumValue,
    Schema,
    TypeDefinition,
    TypeKind,
)
from trellis.router.composition.sdl import (
    print_directive_definition,
    print_schema_element,
    print_type,
)
from trellis.router.composition.specs import Version, built_in_definitions
from trellis.router.composition.values import enum_value, string


def print_supergraph(result: MergeResult) -> str:
    """The supergraph SDL of an error-free merge: elements of the specifications first, then the
    types, both in order of names."""
    merged = result.merge.merged
    version = join_version(federation_version(result.merge))
    parts = [_schema_element(result, version)]
    parts += [print_directive_definition(d) for d in merged.directives.values()]
    if any(is_one_of(t) for t in merged.types_of(TypeKind.INPUT_OBJECT)):
        # Built in since the September 2025 edition, which not every tool supports yet.
        parts.append(print_directive_definition(built_in_definitions().directives["oneOf"]))
    parts += [text.strip("\n") for text in (LINK_DEFINITIONS, *join_definitions(version))]
    parts += [f"scalar {name}" for name in result.names.scalars()]
    parts.append(print_type(_graph_enum(result)))
    parts += [print_type(definition) for _, definition in sorted(merged.types.items())]
    return "\n\n".join(parts) + "\n"


def _schema_element(result: MergeResult, version: Version) -> str:
    merged = result.merge.merged
    links = [
        AppliedDirective("link", {"url": string(f"{LINK_URL}/v1.0")}),
        AppliedDirective(
            "link",
            {
                "url": string(f"{JOIN_URL}/v{version[0]}.{version[1]}"),
                "for": enum_value("EXECUTION"),
            },
        ),
    ]
    links += [link for _, link in result.names.feature_links()]
    links += [feature.link for feature in result.composed]
    element = Schema(
        roots=merged.roots, applied=links + merged.applied, description=merged.description
    )
    return print_schema_element(element)


def _graph_enum(result: MergeResult) -> TypeDefinition:
    definition = TypeDefinition("join__Graph", TypeKind.ENUM)
    for graph, subgraph in zip(result.merge.graphs, result.merge.subgraphs, strict=True):
        arguments = {"name": string(subgraph.name), "url": string(subgraph.url)}
        applied = [AppliedDirective("join__graph", dict(arguments))]
        definition.values[graph] = EnumValue(graph, applied=applied)
    return definition
