"""From SDL texts to subgraph schemas that can be merged: parse, link, validate, upgrade."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from trellis.router.composition.definitions import link_subgraph
from trellis.router.composition.graphql_rules import validate_graphql
from trellis.router.composition.link import read_links
from trellis.router.composition.normalize import normalize
from trellis.router.composition.parse import parse_schema
from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules import root_name, validate_federation
from trellis.router.composition.subgraph import Subgraph, SubgraphSchema
from trellis.router.composition.upgrade import upgrade_subgraphs


def load_subgraphs(
    subgraphs: Sequence[Subgraph],
) -> tuple[list[SubgraphSchema], list[CompositionError]]:
    """Read, check and normalise all subgraphs, in the order given.

    Every subgraph is parsed, linked and validated on its own; if all are valid, those of
    federation 1 are upgraded together and validated again. Returns the schemas and no errors, or
    the errors of the first stage that has any; messages start with ``[subgraph] ``.
    """
    schemas: list[SubgraphSchema] = []
    errors: list[CompositionError] = []
    names: set[str] = set()
    for subgraph in subgraphs:
        schema, found = load_subgraph(subgraph)
        errors += _prefixed(subgraph.name, [*_check_name(subgraph.name, names), *found])
        names.add(subgraph.name)
        if schema is not None:
            schemas.append(schema)
    if errors:
        return schemas, errors
    return _upgrade(schemas)


def _upgrade(
    schemas: list[SubgraphSchema],
) -> tuple[list[SubgraphSchema], list[CompositionError]]:
    upgraded, refusals = upgrade_subgraphs(schemas)
    errors = [error for name, refusal in refusals for error in _prefixed(name, [refusal])]
    if errors:
        return schemas, errors
    for schema in upgraded:
        if not schema.is_fed2:
            errors += _prefixed(schema.name, validate_federation(schema))
    return upgraded, errors


def _check_name(name: str, taken: set[str]) -> Iterator[CompositionError]:
    if name == "_":
        yield CompositionError(
            "INVALID_SUBGRAPH_NAME", 'A subgraph cannot be called "_": the name is reserved.'
        )
    if name in taken:
        yield CompositionError(
            "INVALID_SUBGRAPH_NAME", f'Two subgraphs are called "{name}": rename one of them.'
        )


def load_subgraph(subgraph: Subgraph) -> tuple[SubgraphSchema | None, list[CompositionError]]:
    """One subgraph, linked, normalised and validated as far as possible without the others."""
    schema, errors = parse_schema(subgraph.name, subgraph.sdl)
    if errors:
        return None, errors
    links, errors = read_links(schema)
    if errors:
        return None, errors
    linked, errors = link_subgraph(subgraph.name, subgraph.url, schema, links)
    if errors:
        return None, errors
    # The federation rules require valid GraphQL and default root names.
    errors = validate_graphql(linked) or list(root_name.check(linked))
    if errors:
        return None, errors
    normalize(linked)
    if linked.is_fed2:
        errors = validate_federation(linked)
    return (None if errors else linked), errors


def _prefixed(subgraph: str, errors: Iterable[CompositionError]) -> list[CompositionError]:
    return [replace(error, message=f"[{subgraph}] {error.message}") for error in errors]
