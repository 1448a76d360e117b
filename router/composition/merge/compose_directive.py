"""``@composeDirective``: custom directives that are carried over to the supergraph."""

from __future__ import annotations

from dataclasses import dataclass, replace

from trellis.router.composition.join import JOIN_URL
from trellis.router.composition.link import Link
from trellis.router.composition.merge.features import MERGED_DIRECTIVES, SPECS, MergedNames
from trellis.router.composition.merge.state import Merge, differences, quoted
from trellis.router.composition.model import AppliedDirective, DirectiveDefinition
from trellis.router.composition.report import CompositionError
from trellis.router.composition.specs import CORE, FEDERATION, LINK
from trellis.router.composition.subgraph import SubgraphSchema, string_value
from trellis.router.composition.values import list_of, object_of, string

NOT_COMPOSABLE = frozenset({FEDERATION, LINK, CORE, JOIN_URL})
# Composing these is redundant (a hint); composing any other federation directive is an error.
COMPOSED_ANYWAY = MERGED_DIRECTIVES - {"cost", "listSize"}
ERROR = "DIRECTIVE_COMPOSITION_ERROR"


@dataclass(frozen=True, slots=True)
class ComposedDirective:
    """One application: the directive's name in the subgraph, its feature and element."""

    index: int
    local: str
    link: Link
    element: str


@dataclass(frozen=True, slots=True)
class ComposedFeature:
    """What the supergraph takes from one feature. ``namespace`` is the prefix of its elements."""

    url: str
    namespace: str
    link: AppliedDirective
    definitions: list[DirectiveDefinition]


def compose_directives(merge: Merge, names: MergedNames) -> list[ComposedFeature]:
    """Check all ``@composeDirective`` and collect links and definitions for the supergraph.

    Errors: ``DIRECTIVE_COMPOSITION_ERROR`` no such directive, not from a feature, a directive of
    federation itself, majors or names that differ, no definition in the newest version;
    ``INVALID_LINK_DIRECTIVE_USAGE`` the name is one of the supergraph's own.
    """
    requested = [
        found
        for index, subgraph in enumerate(merge.subgraphs)
        for applied in subgraph.applied(subgraph.schema, "composeDirective")
        if (found := _read(merge, index, subgraph, applied)) is not None
    ]
    _hint_major_versions(merge)
    if not _names_agree(merge, requested) or not _names_are_free(merge, requested, names):
        return []
    _hint_other_names(merge, requested)
    features = []
    for identity in dict.fromkeys(r.link.identity for r in requested):
        members = [r for r in requested if r.link.identity == identity]
        feature = _merge_feature(merge, members)
        if feature is not None:
            features.append(feature)
            for member in members:
                _note_composed(merge, member)
    return features


def _read(
    merge: Merge, index: int, subgraph: SubgraphSchema, applied: AppliedDirective
) -> ComposedDirective | None:
    name = string_value(applied.arguments.get("name"))
    if not name:
        return _refuse(merge, subgraph, applied, 'needs a name, such as `name: "@custom"`')
    if not name.startswith("@"):
        return _refuse(merge, subgraph, applied, f'needs a leading "@" before "{name}"')
    source = subgraph.links.source_of(name)
    if source is not None and source[0].identity in NOT_COMPOSABLE:
        if source[1].removeprefix("@") not in COMPOSED_ANYWAY:
            return _refuse(
                merge, subgraph, applied, f'cannot compose "{name}", a federation directive'
            )
        merge.hint(
            "DIRECTIVE_COMPOSITION_INFO",
            f'"{name}" in {quoted([subgraph.name])} is composed anyway: leave @composeDirective '
            "out.",
            name,
        )
        return None
    if name.removeprefix("@") not in subgraph.schema.directives:
        return _refuse(merge, subgraph, applied, f'names "{name}", which is not defined')
    if source is None:
        return _refuse(
            merge, subgraph, applied, f'names "{name}", which no linked feature (@link) defines'
        )
    return ComposedDirective(index, name, source[0], source[1])


def _refuse(merge: Merge, subgraph: SubgraphSchema, applied: AppliedDirective, reason: str) -> None:
    name = string_value(applied.arguments.get("name"))
    merge.errors.append(
        CompositionError(
            ERROR,
            f"@composeDirective in {quoted([subgraph.name])} {reason}.",
            name,
            (applied.place,) if applied.place else (),
        )
    )


def _hint_major_versions(merge: Merge) -> None:
    """Hint at subgraphs that link another major version of a feature without composing it."""
    majors: dict[str, dict[int, str]] = {}
    for index, subgraph in enumerate(merge.subgraphs):
        for link in subgraph.links:
            if link.identity not in NOT_COMPOSABLE:
                majors.setdefault(link.identity, {})[index] = f"v{link.version[0]}"
    for identity, versions in majors.items():
        if len(set(versions.values())) > 1:
            merge.hint(
                "DIRECTIVE_COMPOSITION_INFO",
                f"Major versions of feature {identity} differ: {differences(merge, versions)}.",
            )


def _names_agree(merge: Merge, requested: list[ComposedDirective]) -> bool:
    """Check that each directive has one name, and each name means one directive."""
    agree = True
    for group_by, describe in (
        (lambda r: (r.link.identity, r.element), lambda r: r.local),
        (lambda r: r.local, lambda r: f"{r.link.identity} {r.element}"),
    ):
        groups: dict[object, list[ComposedDirective]] = {}
        for request in requested:
            groups.setdefault(group_by(request), []).append(request)
        for group in groups.values():
            if len({describe(r) for r in group}) > 1:
                agree = False
                merge.error(
                    ERROR,
                    f"Composed directive {group[0].local} is not the same everywhere: "
                    f"{differences(merge, {r.index: describe(r) for r in group})}.",
                    group[0].local,
                )
    return agree


def _names_are_free(merge: Merge, requested: list[ComposedDirective], names: MergedNames) -> bool:
    """Check that composed directives do not use names of features that the supergraph links."""
    own = {"link": LINK, "join": JOIN_URL}
    own |= {feature.name: f"{SPECS}/{feature.name}" for feature, _ in names.feature_links()}
    own |= {r.link.namespace: r.link.identity for r in requested}
    taken = set(names.names.values())
    free = True
    for request in requested:
        local = request.local.removeprefix("@")
        namespace, separator, _ = local.partition("__")
        owner = own.get(namespace, request.link.identity) if separator else request.link.identity
        if owner != request.link.identity or local in taken:
            free = False
            merge.error(
                "INVALID_LINK_DIRECTIVE_USAGE",
                f"{request.local} in {quoted([merge.name(request.index)])} cannot be composed: in "
                "the supergraph the name reads as one of another feature. Import it under another "
                "name.",
                request.local,
            )
    return free


def _hint_other_names(merge: Merge, requested: list[ComposedDirective]) -> None:
    composing = {(r.index, r.link.identity, r.element) for r in requested}
    for identity, element, local in dict.fromkeys(
        (r.link.identity, r.element, r.local) for r in requested
    ):
        for index, subgraph in enumerate(merge.subgraphs):
            link = subgraph.links.by_identity.get(identity)
            if link is None or (index, identity, element) in composing:
                continue
            other = link.local_name(element)
            if other != local and other.removeprefix("@") in subgraph.schema.directives:
                merge.hint(
                    "DIRECTIVE_COMPOSITION_WARN",
                    f"{local}, which other subgraphs compose, is called {other} in "
                    f"{quoted([subgraph.name])}: it is left out of the graph there.",
                    local,
                )


def _merge_feature(merge: Merge, members: list[ComposedDirective]) -> ComposedFeature | None:
    identity = members[0].link.identity
    if len({m.link.version[0] for m in members}) > 1:
        versions = {m.index: f"v{m.link.version[0]}" for m in members}
        merge.error(
            ERROR,
            f"Major versions of composed feature {identity} differ: "
            f"{differences(merge, versions)}. Link one major version everywhere.",
        )
        return None
    newest = max(members, key=lambda m: m.link.version)
    subgraph = merge.subgraphs[newest.index]
    definitions: list[DirectiveDefinition] = []
    imports = []
    for local, element in dict.fromkeys((m.local, m.element) for m in members):
        definition = _definition(subgraph, newest.link, element)
        if definition is None:
            merge.error(
                ERROR,
                f'Feature "{newest.link.url}" in {quoted([subgraph.name])}, the newest version, '
                f'has no definition of "{element}".',
                local,
            )
            return None
        definitions.append(replace(definition, name=local.removeprefix("@")))
        imports.append(
            string(element)
            if local == element
            else object_of({"name": string(element), "as": string(local)})
        )
    link = AppliedDirective("link", {"url": string(newest.link.url), "import": list_of(imports)})
    return ComposedFeature(newest.link.url, newest.link.feature, link, definitions)


def _definition(subgraph: SubgraphSchema, link: Link, element: str) -> DirectiveDefinition | None:
    source = subgraph.links.source_of(link.local_name(element))
    if source is None or source[0].identity != link.identity:
        return None
    return subgraph.schema.directives.get(link.local_name(element).removeprefix("@"))


def _note_composed(merge: Merge, member: ComposedDirective) -> None:
    """Record the subgraphs that compose the directive; only these contribute applications."""
    name = member.local.removeprefix("@")
    merge.composed[member.index] = merge.composed.get(member.index, frozenset()) | {name}
