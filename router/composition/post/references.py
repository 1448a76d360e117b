"""The merged schema refers only to its own types, and does not use names that supergraphs need."""

from __future__ import annotations

from collections.abc import Container, Iterator

from trellis.router.composition.definitions import BUILT_IN_SCALARS
from trellis.router.composition.merge.features import OWN_NAMESPACES
from trellis.router.composition.merge.state import Merge, quoted
from trellis.router.composition.model import TypeDefinition
from trellis.router.composition.post.declared import declared


def check_references(merge: Merge) -> None:
    """``INVALID_GRAPHQL`` for elements that the supergraph or its API schema would lack or have
    twice:

    - types and directives with names that the supergraph needs (``join__Graph``);
    - references to types of federation (``_Any``, ``federation__FieldSet``) or of a feature that
      the supergraph links, which are not part of the graph.
    """
    for coordinate, url in _reserved_names(merge):
        holders = declared(merge, coordinate)
        merge.error(
            "INVALID_GRAPHQL",
            f"{coordinate} in {quoted(map(merge.name, holders))} has a name that supergraphs need"
            f" for {url}: choose another one.",
            coordinate,
            holders.values(),
        )
    if merge.errors:
        return
    for coordinate, name in dict.fromkeys(_foreign_references(merge)):
        holders = declared(merge, coordinate)
        merge.error(
            "INVALID_GRAPHQL",
            f"{coordinate} in {quoted(map(merge.name, holders))} refers to type {name}, which"
            f" belongs to {merge.feature_of(name) or 'federation'} and is not part of the graph:"
            " define a type of your own for it.",
            coordinate,
            holders.values(),
        )


def _reserved_names(merge: Merge) -> Iterator[tuple[str, str]]:
    """Coordinates, and the feature whose namespace the name belongs to."""
    for name, url in _types_of_features(merge).items():
        if name.partition("__")[0] in OWN_NAMESPACES:
            yield name, url
    for name in sorted(merge.merged.directives.keys() - merge.machinery_directives):
        url = merge.feature_of(f"@{name}")
        if url is not None:
            yield f"@{name}", url


def _types_of_features(merge: Merge) -> dict[str, str]:
    """The types in a namespace of the supergraph (usually none), with the feature's URL."""
    found = {name: merge.feature_of(name) for name in merge.merged.types if "__" in name}
    return {name: url for name, url in found.items() if url is not None}


def _foreign_references(merge: Merge) -> Iterator[tuple[str, str]]:
    """Coordinates of references to a type that is not part of the graph, and the type."""
    types, directives = merge.merged.types, merge.merged.directives
    foreign = _types_of_features(merge)
    own = {name: t for name, t in types.items() if name not in foreign}
    known = own.keys() | BUILT_IN_SCALARS
    for definition in own.values():
        yield from _of_type(merge, definition, known)
    for name in sorted(directives.keys() - merge.spec_directives):
        # The definition of a composed directive may use the types of its feature.
        usable = types if name in merge.machinery_directives else own
        for argument in directives[name].arguments.values():
            if argument.type.base not in usable and argument.type.base not in BUILT_IN_SCALARS:
                yield f"@{name}({argument.name}:)", argument.type.base


def _of_type(
    merge: Merge, definition: TypeDefinition, known: Container[str]
) -> Iterator[tuple[str, str]]:
    for field in definition.fields.values():
        if field.type.base not in known:
            yield f"{definition.name}.{field.name}", field.type.base
        for argument in field.arguments.values():
            if argument.type.base not in known:
                yield f"{definition.name}.{field.name}({argument.name}:)", argument.type.base
    for value in definition.input_fields.values():
        if value.type.base not in known:
            yield f"{definition.name}.{value.name}", value.type.base
    # Merging drops unknown members of unions, so they are only in the subgraphs.
    for source in merge.sources[definition.name].values():
        for name in (*source.interfaces, *source.members):
            if name not in known:
                yield definition.name, name
