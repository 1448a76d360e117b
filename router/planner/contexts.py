"""``@fromContext``: arguments whose values enclosing objects give.

The value is asked at the nearest enclosing object whose type sets the context, before the fetch
that asks the field. It travels as a variable of that fetch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from trellis.router.errors import PlanningError
from trellis.router.operation.model import Field, SelectionSet
from trellis.router.planner.choice import Access, Holder, Solution, Spot
from trellis.router.planner.fetches import Fetch, Slot
from trellis.router.planner.plan import ContextValue, Need
from trellis.router.planner.position import Position
from trellis.router.planner.tables import ContextArgument
from trellis.router.planner.view import GraphView


class Asks(Protocol):
    """The part of ``Emitter`` that is needed here."""

    view: GraphView

    def solve(self, selection: SelectionSet, spot: Spot) -> Solution | None: ...
    def emit(self, solution: Solution, position: Position) -> frozenset[Fetch]: ...
    def members(self, selection: SelectionSet, slot: Slot, *, is_key: bool) -> tuple[Need, ...]: ...


@dataclass(frozen=True, slots=True)
class Given:
    """The values that one field takes from its surroundings, and the fetches that bring them."""

    values: tuple[tuple[ContextArgument, ContextValue], ...]
    fetches: frozenset[Fetch]


class ContextGiver:
    """Finds the values of contexts for the fetches of one operation."""

    def __init__(self, emitter: Asks) -> None:
        self.emitter = emitter
        self._names: dict[tuple[str, str, int], str] = {}

    def find(self, position: Position, access: Access) -> Given | None:
        """The context values for a field asked at ``position``, asked of the objects around."""
        if not access.contexts:
            return None
        values: list[tuple[ContextArgument, ContextValue]] = []
        fetches: set[Fetch] = set()
        for argument in access.contexts:
            around = self._nearest(position, argument)
            needs = self._ask(around, argument, fetches)
            depth = len(around.path)
            mark = (argument.context, argument.selection, depth)
            name = self._names.setdefault(mark, f"context{len(self._names)}")
            values.append((argument, ContextValue(name, depth, needs)))
        return Given(tuple(values), frozenset(fetches))

    def host(self, position: Position, access: Access, given: Given) -> int | None:
        """The base of ``position`` whose fetch can take the values itself: an entity fetch below
        the objects that give them, which they do not wait for."""
        deepest = max(value.depth for _, value in given.values)
        for index, base in enumerate(position.bases):
            is_asked = base.made is not None or len(position.bases) == 1
            if not is_asked or base.subgraph != access.subgraph:
                continue
            fetch, _ = base.hold()
            is_below = fetch.target is not None and len(fetch.target.path) >= deepest
            if is_below and not _waits_for(given.fetches, fetch):
                return index
        return None

    def give(self, fetch: Fetch, access: Access, given: Given) -> None:
        """Let ``fetch`` carry the values."""
        assert fetch.target is not None
        known = dict.fromkeys(fetch.target.contexts)
        for argument, value in given.values:
            known[value] = None
            fetch.variables[value.variable] = argument.type
            fetch.arguments[access, argument.name] = value.variable
        fetch.target.contexts = tuple(known)
        fetch.after |= given.fetches

    def asked(self, field: Field, access: Access, fetch: Fetch) -> Field:
        """The field with its context arguments."""
        if not access.contexts:
            return field
        own = [f"{a.name}: ${fetch.arguments[access, a.name]}" for a in access.contexts]
        text = ", ".join([field.argument_text, *own] if field.argument_text else own)
        return replace(field, argument_text=text)

    def _nearest(self, position: Position, argument: ContextArgument) -> Position:
        types = self.emitter.view.context_types(argument.context)
        around = position.parent
        while around is not None:
            if self.emitter.view.graph.possible(around.type) & types:
                return around
            around = around.parent
        raise PlanningError(
            f"No object around {argument.name!r} sets the context {argument.context!r}: the"
            " supergraph is not satisfiable. Compose it again and check the errors."
        )

    def _ask(
        self, around: Position, argument: ContextArgument, fetches: set[Fetch]
    ) -> tuple[Need, ...]:
        selection = self.emitter.view.context_selection(argument, around.type)
        spot = tuple(
            Holder(b.subgraph, b.view, b.given, 0, 0 if b.made else 1 << b.subgraph)
            for b in around.bases
        )
        solution = self.emitter.solve(selection, spot)
        if solution is None:
            raise PlanningError(
                f"The context {argument.context!r} cannot be read from {around.type}: the"
                " supergraph is not satisfiable. Compose it again and check the errors."
            )
        fetches |= self.emitter.emit(solution, around)
        return self.emitter.members(selection, around.slot, is_key=False)


def _waits_for(fetches: frozenset[Fetch], other: Fetch) -> bool:
    pending, seen = list(fetches), set(fetches)
    while pending:
        fetch = pending.pop()
        if fetch is other:
            return True
        fresh = fetch.after - seen
        seen |= fresh
        pending.extend(fresh)
    return False
