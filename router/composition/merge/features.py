"""The specifications' directives that are merged, and their names in the supergraph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from graphql import ValueNode

from trellis.router.composition.merge.state import Element, Merge, differences, quoted
from trellis.router.composition.model import (
    AppliedDirective,
    DirectiveDefinition,
    TypeDefinition,
    TypeRef,
)
from trellis.router.composition.specs import LAST_FEDERATION_MINOR, Version, federation_definitions
from trellis.router.composition.subgraph import SubgraphSchema
from trellis.router.composition.values import enum_value, list_of, object_of, string

SPECS = "https://specs.apollo.dev"


@dataclass(frozen=True, slots=True)
class MergedFeature:
    """A specification that the supergraph links. ``helpers`` are directives it defines that are
    not merged. ``since`` is the federation version that brought it: linking it from an older
    subgraph lifts the version of the graph."""

    name: str
    version: str
    directives: tuple[str, ...]
    purpose: str | None = None
    since: Version = (2, 0)
    helpers: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"{SPECS}/{self.name}/{self.version}"


FEATURES = (
    MergedFeature("tag", "v0.3", ("tag",)),
    MergedFeature("inaccessible", "v0.2", ("inaccessible",), "SECURITY"),
    MergedFeature("authenticated", "v0.1", ("authenticated",), "SECURITY", (2, 5)),
    MergedFeature("requiresScopes", "v0.1", ("requiresScopes",), "SECURITY", (2, 5)),
    MergedFeature("policy", "v0.1", ("policy",), "SECURITY", (2, 6)),
    MergedFeature("context", "v0.1", ("context",), "SECURITY", (2, 8), ("fromContext",)),
    MergedFeature("cost", "v0.1", ("cost", "listSize"), None, (2, 9)),
)
CACHE_TAG = MergedFeature("cacheTag", "v0.1", ("cacheTag",), "EXECUTION", (2, 12))

# Prefixes of the names of the supergraph's own elements.
OWN_NAMESPACES = frozenset({"join", "link", CACHE_TAG.name, *(f.name for f in FEATURES)})

MERGED_DIRECTIVES = frozenset(name for feature in FEATURES for name in feature.directives)
BUILT_IN = frozenset({"deprecated", "specifiedBy", "oneOf"})

# Names of the specifications' scalars in the supergraph.
_SCALARS = {
    "Scope": "requiresScopes__Scope",
    "Policy": "policy__Policy",
    "ContextFieldValue": "context__ContextFieldValue",
}


def elements_of(definition: TypeDefinition) -> Iterator[Element]:
    """The type itself and everything inside it that directives can be applied to."""
    yield definition
    for field in definition.fields.values():
        yield field
        yield from field.arguments.values()
    yield from definition.input_fields.values()
    yield from definition.values.values()


def used_directives(subgraph: SubgraphSchema) -> dict[str, str]:
    """The specifications' directives that a subgraph applies: specification name -> its own name.

    A directive may come from federation or from its own specification, under two names.
    """
    schema = subgraph.schema
    found = {
        directive.name: directive.feature
        for element in chain(
            (schema,),
            chain.from_iterable(map(elements_of, schema.types.values())),
            chain.from_iterable(d.arguments.values() for d in schema.directives.values()),
        )
        for directive in element.applied
        if directive.feature
    }
    return {name: _local_name(subgraph, feature, name) for name, feature in found.items()}


def _local_name(subgraph: SubgraphSchema, feature: str, name: str) -> str:
    link = subgraph.links.by_identity.get(feature)
    return link.local_name(f"@{name}")[1:] if link else subgraph.federation_name(name)


@dataclass(slots=True)
class MergedNames:
    """The supergraph's name of each merged directive (key: specification name)."""

    names: dict[str, str]
    uses_cache_tag: bool

    def feature_links(self) -> list[tuple[MergedFeature, AppliedDirective]]:
        """A ``@link`` for each feature in use."""
        links = [
            (feature, link)
            for feature in FEATURES
            if (link := _feature_link(feature, self.names)) is not None
        ]
        if self.uses_cache_tag:
            links.append((CACHE_TAG, _link(CACHE_TAG, {})))
        return links

    def definitions(self) -> list[DirectiveDefinition]:
        """Definitions of the linked features' directives, under their names in the supergraph:
        the imported one, or the one that the link specification gives to what is not imported."""
        known = federation_definitions((2, LAST_FEDERATION_MINOR)).directives
        found = []
        for feature in FEATURES:
            if self.names.keys().isdisjoint(feature.directives):
                continue
            for directive in (*feature.directives, *feature.helpers):
                default = directive if directive == feature.name else f"{feature.name}__{directive}"
                name = self.names.get(directive, default)
                found.append(_renamed(known[directive], name))
        return found

    def scalars(self) -> list[str]:
        """Scalars that the definitions refer to."""
        wanted = {"requiresScopes": "Scope", "policy": "Policy", "context": "ContextFieldValue"}
        return [_SCALARS[s] for directive, s in wanted.items() if directive in self.names]


def merge_names(merge: Merge) -> MergedNames:
    """Decide which directives are merged and under which names.

    Errors: ``LINK_IMPORT_NAME_MISMATCH`` subgraphs use different names for a directive.
    """
    used_by = [used_directives(subgraph) for subgraph in merge.subgraphs]
    used = {name for names in used_by for name in names}
    names: dict[str, str] = {}
    for feature in FEATURES:
        for directive in feature.directives:
            if directive not in used:
                continue
            called = {i: names[directive] for i, names in enumerate(used_by) if directive in names}
            if len(set(called.values())) > 1:
                merge.error(
                    "LINK_IMPORT_NAME_MISMATCH",
                    f"@{directive} does not have the same name everywhere: "
                    f"{differences(merge, {i: f'@{name}' for i, name in called.items()})}. "
                    "Import it under one name.",
                    f"@{directive}",
                )
            names[directive] = next(iter(called.values()))
    return MergedNames(names, "cacheTag" in used)


def federation_version(merge: Merge) -> Version:
    """The highest federation version that a subgraph links, or that another feature it links
    belongs to."""
    return max(max(_linked(s), _needed(s)) for s in merge.subgraphs)


def hint_upgrades(merge: Merge) -> None:
    """``IMPLICITLY_UPGRADED_FEDERATION_VERSION``: a subgraph links a feature that came with a
    newer federation version than it links itself."""
    for subgraph in merge.subgraphs:
        linked, needed = _linked(subgraph), _needed(subgraph)
        if needed > linked:
            merge.hint(
                "IMPLICITLY_UPGRADED_FEDERATION_VERSION",
                f"{quoted([subgraph.name])} links federation v{linked[0]}.{linked[1]} and a "
                f"feature of v{needed[0]}.{needed[1]}: the newer one is used.",
            )


def _linked(subgraph: SubgraphSchema) -> Version:
    return subgraph.federation_version or (2, 0)


def _needed(subgraph: SubgraphSchema) -> Version:
    if not subgraph.is_fed2:
        return (2, 0)
    urls = {f"{SPECS}/{feature.name}": feature.since for feature in (*FEATURES, CACHE_TAG)}
    return max((urls.get(link.identity, (2, 0)) for link in subgraph.links), default=(2, 0))


def _feature_link(feature: MergedFeature, names: Mapping[str, str]) -> AppliedDirective | None:
    """The ``@link`` of a feature. Elements with their default name are not imported."""
    present = [d for d in feature.directives if d in names]
    if not present:
        return None
    imports: list[ValueNode] = []
    for directive in present:
        name = names[directive]
        if name != directive:
            imports.append(object_of({"name": string(f"@{directive}"), "as": string(f"@{name}")}))
        elif directive != feature.name:
            imports.append(string(f"@{directive}"))
    return _link(feature, {"import": list_of(imports)} if imports else {})


def _link(feature: MergedFeature, more: Mapping[str, ValueNode]) -> AppliedDirective:
    arguments: dict[str, ValueNode] = {"url": string(feature.url), **more}
    if feature.purpose is not None:
        arguments["for"] = enum_value(feature.purpose)
    return AppliedDirective("link", arguments)


def _renamed(definition: DirectiveDefinition, name: str) -> DirectiveDefinition:
    arguments = {
        key: replace(argument, type=_with_spec_scalar(argument.type))
        for key, argument in definition.arguments.items()
    }
    return replace(definition, name=name, arguments=arguments)


def _with_spec_scalar(reference: TypeRef) -> TypeRef:
    if reference.of is not None:
        return TypeRef(of=_with_spec_scalar(reference.of), non_null=reference.non_null)
    name = reference.base
    return TypeRef(_SCALARS.get(name, name), non_null=reference.non_null)
