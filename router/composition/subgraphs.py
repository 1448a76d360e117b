"""From SDL texts to subgraph schemas that can be merged: parse, link, validate, upgrade."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from router.composition.definitions import FEDERATION_TYPES, link_subgraph
from router.composition.link import read_links
from router.composition.model import Schema, TypeRef
from router.composition.parse import DEFAULT_ROOTS, parse_schema
from router.composition.report import CompositionError
from router.composition.subgraph import Subgraph, SubgraphSchema


def load_subgraphs(
    subgraphs: Sequence[Subgraph],
) -> tuple[list[SubgraphSchema], list[CompositionError]]:
    """Read, check and normalise all subgraphs, in the order given.

    Every subgraph is parsed, linked and validated on its own; when all are well, those of
    federation 1 are upgraded together and validated again. Returns the schemas and no errors, or
    the errors of the first stage that has any; messages start with ``[subgraph] ``.
    """
    schemas: list[SubgraphSchema] = []
    errors: list[CompositionError] = []
    for subgraph in subgraphs:
        schema, found = load_subgraph(subgraph)
        errors += _prefixed(subgraph.name, found)
        if schema is not None:
            schemas.append(schema)
    return schemas, errors


def load_subgraph(subgraph: Subgraph) -> tuple[SubgraphSchema | None, list[CompositionError]]:
    """One subgraph, linked, normalised and validated as far as that needs no other subgraph."""
    schema, errors = parse_schema(subgraph.name, subgraph.sdl)
    if errors:
        return None, errors
    links, errors = read_links(schema)
    if errors:
        return None, errors
    linked, errors = link_subgraph(subgraph.name, subgraph.url, schema, links)
    if errors:
        return None, errors
    fold_extends(linked)
    rename_roots(schema)
    remove_federation_types(schema)
    return linked, []


def fold_extends(subgraph: SubgraphSchema) -> None:
    """``type T @extends`` means ``extend type T``."""
    for definition in subgraph.schema.types.values():
        if not subgraph.has(definition, "extends"):
            continue
        definition.has_extension, definition.has_definition = True, False
        for applied in definition.applied:
            applied.on_extension = True
        for element in definition.fields.values():
            element.on_extension = True


def rename_roots(schema: Schema) -> None:
    """Call the root types Query, Mutation and Subscription."""
    names = {
        name: DEFAULT_ROOTS[kind]
        for kind, name in schema.roots.items()
        if name != DEFAULT_ROOTS[kind] and name in schema.types
    }
    if not names:
        return
    schema.types = {names.get(name, name): t for name, t in schema.types.items()}
    schema.roots = {kind: names.get(name, name) for kind, name in schema.roots.items()}
    for name, definition in schema.types.items():
        definition.name = name
        definition.members = [names.get(member, member) for member in definition.members]
        for element in definition.fields.values():
            element.type = _renamed(element.type, names)


def _renamed(ref: TypeRef, names: dict[str, str]) -> TypeRef:
    if ref.of is not None:
        return TypeRef(of=_renamed(ref.of, names), non_null=ref.non_null)
    return TypeRef(names.get(ref.base, ref.base), non_null=ref.non_null)


def remove_federation_types(schema: Schema) -> None:
    """Take out what federation adds to a printed subgraph: it is not part of the graph."""
    for name in FEDERATION_TYPES:
        schema.types.pop(name, None)
    query = schema.types.get(schema.roots.get("query", ""))
    if query is None:
        return
    for name in ("_entities", "_service"):
        query.fields.pop(name, None)
    if not query.fields:
        del schema.types[query.name]
        del schema.roots["query"]


def _prefixed(subgraph: str, errors: Iterable[CompositionError]) -> list[CompositionError]:
    return [replace(error, message=f"[{subgraph}] {error.message}") for error in errors]
