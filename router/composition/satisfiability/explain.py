"""Messages of satisfiability errors: a query that fails, and the reason in each subgraph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trellis.router.composition.hints import LEVELS
from trellis.router.composition.model import FieldDefinition, TypeRef
from trellis.router.composition.report import CompositionError, CompositionHint
from trellis.router.composition.satisfiability.moves import Moves, SubgraphPosition
from trellis.router.composition.satisfiability.views import SubgraphView


@dataclass(frozen=True, slots=True)
class TrailStep:
    """One line of a sample query."""

    text: str
    parent: str = ""


Trail = tuple[TrailStep, ...]


def field(parent: str, element: FieldDefinition) -> TrailStep:
    arguments = ", ".join(
        f"{a.name}: {_sample(a.type)}"
        for a in element.arguments.values()
        if a.type.non_null and a.default is None
    )
    return TrailStep(f"{element.name}({arguments})" if arguments else element.name, parent)


def on(runtime: str) -> TrailStep:
    return TrailStep(f"... on {runtime}")


def _sample(reference: TypeRef) -> str:
    if reference.of is not None:
        return "[]"
    return _SAMPLES.get(reference.base, "...")


_SAMPLES = {
    "Int": "0",
    "Float": "0.5",
    "Boolean": "true",
    "String": '"A string"',
    "ID": '"<any id>"',
}


def query(trail: Trail, ending: str = "...") -> str:
    """The sample operation; ``ending`` stands for the selection below the last step."""
    kind = trail[0].parent.lower() if trail and trail[0].parent else "query"
    lines = ["{" if kind == "query" else f"{kind} {{"]
    for depth, step in enumerate(trail, 1):
        is_last = depth == len(trail)
        opens = "" if is_last and not ending else " {"
        lines.append("  " * depth + step.text + opens)
    if ending:
        lines.append("  " * (len(trail) + 1) + ending)
    closing = len(trail) if ending else len(trail) - 1
    lines.extend("  " * depth + "}" for depth in range(closing, -1, -1))
    return "\n".join(lines)


def unsatisfiable(
    trail: Trail, coordinate: str, reasons: Sequence[str], *, is_leaf: bool
) -> CompositionError:
    """The error for a path that no subgraph can continue; ``is_leaf`` says that it ends with a
    field that has no fields of its own."""
    message = (
        f"This query of the supergraph cannot be answered by the subgraphs:\n"
        f"{query(trail, '' if is_leaf else '...')}\nbecause:\n" + "\n".join(reasons)
    )
    return CompositionError("SATISFIABILITY_ERROR", message, coordinate)


def unsatisfiable_mutation(
    name: str, attempts: Mapping[str, Sequence[CompositionError]]
) -> CompositionError:
    parts = [
        f'- called in subgraph "{graph}":\n' + "\n".join(f"  {e.message}" for e in errors)
        for graph, errors in attempts.items()
    ]
    message = (
        f'"Mutation.{name}" may only be called once per use, but none of the subgraphs that '
        "have it can answer everything below it alone. Make one of these work:\n" + "\n".join(parts)
    )
    return CompositionError("SATISFIABILITY_ERROR", message, f"Mutation.{name}")


def unknown_type(views: Sequence[SubgraphView], positions: Iterable[SubgraphPosition]) -> list[str]:
    return [
        f'- from subgraph "{views[p.graph].name}": "{p.local}" is an @interfaceObject there, and '
        "no subgraph that knows its implementations can be reached through a @key of the interface."
        for p in positions
    ]


def why_not(
    moves: Moves, positions: Iterable[SubgraphPosition], type_name: str, name: str
) -> list[str]:
    """A line for each subgraph that was reached (why it cannot resolve the field) and for each
    that has the field but cannot be reached."""
    reached = {q for p in positions for q in moves.closure(p, type_name)}
    lines = [
        f'- from subgraph "{moves.views[p.graph].name}": {_not_here(moves, p, type_name, name)}'
        for p in sorted(reached, key=lambda p: (p.graph, p.local))
    ]
    graphs = {p.graph for p in reached}
    for view in moves.views:
        if view.index not in graphs and view.has(type_name):
            lines.append(f'- subgraph "{view.name}" {_not_reached(view, type_name, name)}')
    return lines


def _not_here(moves: Moves, position: SubgraphPosition, type_name: str, name: str) -> str:
    definition = moves.views[position.graph].fields.get((position.local, name))
    coordinate = f'"{type_name}.{name}"'
    if definition is None:
        return f"there is no field {coordinate}."
    if definition.overridden_by is not None:
        return f'{coordinate} is overridden by subgraph "{definition.overridden_by}".'
    if definition.external:
        return f"{coordinate} is @external and not provided on this path."
    if definition.label is not None:
        label, side = definition.label
        return f'{coordinate} is resolved only while label "{label}" is {"on" if side else "off"}.'
    if definition.requires is not None:
        if not moves.can_reenter(position, moves.closure(position, type_name), type_name):
            return (
                f'{coordinate} has @requires, but "{position.local}" has no @key there by which '
                "the required fields could be sent."
            )
        return f"the fields that {coordinate} @requires cannot be resolved from here."
    return f"no context that an argument of {coordinate} reads is set on this path."


def _not_reached(view: SubgraphView, type_name: str, name: str) -> str:
    has_field = "has the field but " if (type_name, name) in view.fields else ""
    keys = view.keys.get(type_name, ())
    if not keys:
        return f'{has_field}cannot be reached: "{type_name}" has no resolvable @key there.'
    names = ", ".join(f'@key(fields: "{key.fields}")' for key in keys)
    return f"{has_field}cannot be reached: the fields of {names} cannot be resolved on this path."


def _types_by_graph(sets: Mapping[str, frozenset[str]]) -> str:
    return "\n".join(
        f'- subgraph "{graph}": {", ".join(sorted(types)) or "none"}'
        for graph, types in sets.items()
    )


def disjoint_runtime_types(
    sample: str, place: tuple[str, str], output: str, sets: Mapping[str, frozenset[str]]
) -> CompositionError:
    coordinate = ".".join(place)
    message = (
        f'"{coordinate}" is shared and returns "{output}", but its subgraphs have no object type '
        f"in common that they can return:\n{_types_by_graph(sets)}\nas in\n{sample}\n"
        "A shared field has one value, whichever subgraph resolves it: give them a common type."
    )
    return CompositionError("SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES", message, coordinate)


def different_runtime_types(
    sample: str, place: tuple[str, str], output: str, sets: Mapping[str, frozenset[str]]
) -> CompositionHint:
    code = "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN"
    coordinate = ".".join(place)
    message = (
        f'"{coordinate}" is shared and returns "{output}", and its subgraphs do not have the same '
        f"object types for it:\n{_types_by_graph(sets)}\nas in\n{sample}\n"
        "Every subgraph must return the same value; make sure that it is one of the common types."
    )
    return CompositionHint(code, message, LEVELS[code], coordinate)
