"""Plans as JSON that can be loaded again without planning.

Steps are written as they are. The output is a table of selections, so that a selection used in
many places is written once and is one object again after reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError, GraphQLOutputType, GraphQLSchema, parse_type, type_from_ast

from trellis.router.errors import PlanningError
from trellis.router.operation.model import TypeOrder
from trellis.router.planner.plan import (
    ContextValue,
    EntityCall,
    EntityTarget,
    FetchStep,
    Need,
    OutputField,
    Path,
    PathSegment,
    Selection,
)
from trellis.router.planner.query_plan import QueryPlan

FORMAT = "trellis.stored-plan/3"

Data = Mapping[str, Any]


def plan_to_json(plan: QueryPlan) -> dict[str, Any]:
    """A complete plan as plain JSON data."""
    table = _SelectionTable()
    output = table.place(plan.output)
    return {
        "format": FORMAT,
        "kind": plan.kind,
        "rootType": plan.root_type,
        "labels": sorted(plan.labels),
        "absent": [_path(path) for path in plan.absent],
        "steps": [_step(step) for step in plan.steps],
        "selections": table.rows,
        "output": output,
    }


def plan_from_json(data: Data, schema: GraphQLSchema) -> QueryPlan:
    """The plan in ``data``; ``schema`` is the API schema for which it was made.

    Raises PlanningError when the data has another format or names types that the schema lacks.
    """
    if data.get("format") != FORMAT:
        raise PlanningError(f"The data is not a plan in format {FORMAT}. Plan the operation again.")
    try:
        return QueryPlan(
            kind=data["kind"],
            steps=tuple(_read_step(step) for step in data["steps"]),
            output=_read_selections(data["selections"], schema)[data["output"]],
            root_type=data["rootType"],
            labels=frozenset(data["labels"]),
            absent=tuple(_read_path(path) for path in data["absent"]),
        )
    except (KeyError, TypeError, IndexError, GraphQLError) as problem:
        raise PlanningError(
            f"The stored plan does not fit the supergraph: {problem}. Plan the operation again."
        ) from None


# -- writing --------------------------------------------------------------------------------------


class _SelectionTable:
    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._places: dict[int, int] = {}

    def place(self, selection: Selection) -> int:
        """The row of a selection; nested selections have earlier rows."""
        known = self._places.get(id(selection))
        if known is None:
            fields = [self._field(field) for field in selection.fields]
            orders = [[_names(types), list(keys)] for types, keys in selection.orders]
            self.rows.append(
                {"fields": fields, "possible": _names(selection.possible), "orders": orders}
            )
            known = self._places[id(selection)] = len(self.rows) - 1
        return known

    def _field(self, field: OutputField) -> dict[str, Any]:
        return {
            "key": field.key,
            "source": field.source,
            "type": str(field.type),
            "selection": None if field.selection is None else self.place(field.selection),
            "types": _names(field.types),
            "typename": field.typename,
            "denied": field.denied,
        }


def _step(step: FetchStep) -> dict[str, Any]:
    return {
        "id": step.id,
        "service": step.service,
        "kind": step.kind,
        "operation": step.operation,
        "variables": list(step.variables),
        "entities": [_call(call) for call in step.entities],
        "path": _path(step.path),
        "after": list(step.after),
        "why": list(step.why),
    }


def _call(call: EntityCall) -> dict[str, Any]:
    return {
        "alias": call.alias,
        "variable": call.variable,
        "condition": call.condition,
        "targets": [_target(target) for target in call.targets],
    }


def _target(target: EntityTarget) -> dict[str, Any]:
    return {
        "path": _path(target.path),
        "needs": _needs(target.needs),
        "types": _names(target.types),
        "typename": target.typename,
        "contexts": [
            {"variable": c.variable, "depth": c.depth, "source": _needs(c.source)}
            for c in target.contexts
        ],
    }


def _path(path: Path) -> list[dict[str, Any]]:
    return [{"key": segment.key, "types": _names(segment.types)} for segment in path]


def _needs(needs: Iterable[Need]) -> list[dict[str, Any]]:
    return [
        {
            "name": need.name,
            "source": need.source,
            "selection": _needs(need.selection),
            "types": _names(need.types),
            "isKey": need.is_key,
        }
        for need in needs
    ]


def _names(names: frozenset[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)


# -- reading --------------------------------------------------------------------------------------


def _read_selections(rows: Sequence[Data], schema: GraphQLSchema) -> list[Selection]:
    types: dict[str, GraphQLOutputType] = {}
    found: list[Selection] = []
    for row in rows:
        fields = tuple(_read_field(field, found, types, schema) for field in row["fields"])
        orders = tuple(TypeOrder(frozenset(types), tuple(keys)) for types, keys in row["orders"])
        found.append(Selection(fields, _read_names(row["possible"]), orders))
    return found


def _read_field(
    data: Data,
    selections: Sequence[Selection],
    types: dict[str, GraphQLOutputType],
    schema: GraphQLSchema,
) -> OutputField:
    text = data["type"]
    if text not in types:
        named: Any = type_from_ast(schema, parse_type(text))
        if named is None:
            raise KeyError(text)
        types[text] = named
    place = data["selection"]
    return OutputField(
        key=data["key"],
        source=data["source"],
        type=types[text],
        selection=None if place is None else selections[place],
        types=_read_names(data["types"]),
        typename=data["typename"],
        denied=data["denied"],
    )


def _read_step(data: Data) -> FetchStep:
    return FetchStep(
        id=data["id"],
        service=data["service"],
        kind=data["kind"],
        operation=data["operation"],
        variables=tuple(data["variables"]),
        entities=tuple(_read_call(call) for call in data["entities"]),
        path=_read_path(data["path"]),
        after=tuple(data["after"]),
        why=tuple(data["why"]),
    )


def _read_call(data: Data) -> EntityCall:
    targets = tuple(_read_target(target) for target in data["targets"])
    return EntityCall(data["alias"], data["variable"], targets, data["condition"])


def _read_target(data: Data) -> EntityTarget:
    contexts = (
        ContextValue(c["variable"], c["depth"], _read_needs(c["source"])) for c in data["contexts"]
    )
    return EntityTarget(
        path=_read_path(data["path"]),
        needs=_read_needs(data["needs"]),
        types=_read_names(data["types"]),
        typename=data["typename"],
        contexts=tuple(contexts),
    )


def _read_path(data: Iterable[Data]) -> Path:
    return tuple(PathSegment(part["key"], _read_names(part["types"])) for part in data)


def _read_needs(data: Iterable[Data]) -> tuple[Need, ...]:
    return tuple(
        Need(
            name=need["name"],
            source=need["source"],
            selection=_read_needs(need["selection"]),
            types=_read_names(need["types"]),
            is_key=need["isKey"],
        )
        for need in data
    )


def _read_names(names: Iterable[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)
