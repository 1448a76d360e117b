"""``@fromContext``: arguments whose values come from enclosing objects.

The value is selected on the nearest enclosing object whose type sets the context, in a fetch before
the one that selects the field, and is sent as a variable of the latter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from trellis.router.errors import PlanningError
from trellis.router.operation.model import Field, SelectionSet
from trellis.router.planner.candidates import Access, Holder, Holders, Solution
from trellis.router.planner.fetches import Fetch, Slot
from trellis.router.planner.plan import ContextValue, Need
from trellis.router.planner.position import Position
from trellis.router.planner.tables import ContextArgument
from trellis.router.planner.view import GraphView


class SelectionEmitter(Protocol):
    """The part of ``Emitter`` used here."""

    view: GraphView

    def solve(self, selection: SelectionSet, holders: Holders) -> Solution | None: ...
    def emit(self, solution: Solution, position: Position) -> frozenset[Fetch]: ...
    def members(self, selection: SelectionSet, slot: Slot, *, is_key: bool) -> tuple[Need, ...]: ...


@dataclass(frozen=True, slots=True)
class ContextValues:
    """The context values of one field, and the fetches that return them."""

    values: tuple[tuple[ContextArgument, ContextValue], ...]
    fetches: frozenset[Fetch]


class ContextBinder:
    """Finds the context values for the fetches of one operation and binds them to variables."""

    def __init__(self, emitter: SelectionEmitter) -> None:
        self.emitter = emitter
        self._names: dict[tuple[str, str, int], str] = {}

    def find(self, position: Position, access: Access) -> ContextValues | None:
        """The context values for a field at ``position``, selected on its enclosing objects."""
        if not access.contexts:
            return None
        values: list[tuple[ContextArgument, ContextValue]] = []
        fetches: set[Fetch] = set()
        for argument in access.contexts:
            around = self._nearest(position, argument)
            needs = self._ask(around, argument, fetches)
            depth = len(around.path)
            memo_key = (argument.context, argument.selection, depth)
            name = self._names.setdefault(memo_key, f"context{len(self._names)}")
            values.append((argument, ContextValue(name, depth, needs)))
        return ContextValues(tuple(values), frozenset(fetches))

    def host(self, position: Position, access: Access, context: ContextValues) -> int | None:
        """The base of ``position`` whose fetch can carry the values itself, so that no further
        fetch is needed: an entity fetch below the objects that set the context, on which fetching
        the values does not depend."""
        deepest = max(value.depth for _, value in context.values)
        for index, base in enumerate(position.bases):
            is_asked = base.made is not None or len(position.bases) == 1
            if not is_asked or base.subgraph != access.subgraph:
                continue
            fetch, _ = base.hold()
            is_below = fetch.target is not None and len(fetch.target.path) >= deepest
            if is_below and not _waits_for(context.fetches, fetch):
                return index
        return None

    def bind(self, fetch: Fetch, access: Access, context: ContextValues) -> None:
        """Make ``fetch`` carry the values as variables."""
        assert fetch.target is not None
        known = dict.fromkeys(fetch.target.contexts)
        for argument, value in context.values:
            known[value] = None
            fetch.variables[value.variable] = argument.type
            fetch.arguments[access, argument.name] = value.variable
        fetch.target.contexts = tuple(known)
        fetch.after |= context.fetches

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
            f"No object enclosing {argument.name!r} sets the context {argument.context!r}: the"
            " supergraph is not satisfiable. Compose it again and check the errors."
        )

    def _ask(
        self, around: Position, argument: ContextArgument, fetches: set[Fetch]
    ) -> tuple[Need, ...]:
        selection = self.emitter.view.context_selection(argument, around.type)
        holders = tuple(
            Holder(b.subgraph, b.view, b.provides, 0, 0 if b.made else 1 << b.subgraph)
            for b in around.bases
        )
        solution = self.emitter.solve(selection, holders)
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
