"""The planner: a normalized operation in, a query plan out."""

from trellis.router.collector import collector_paused
from trellis.router.errors import PlanningError
from trellis.router.operation.model import Field, NormalizedOperation, SelectionSet
from trellis.router.planner.batch import build_steps
from trellis.router.planner.choice import Holder, Option, Pick, Solution, Spot
from trellis.router.planner.choose import Chooser
from trellis.router.planner.emit import Base, Emitter, Position
from trellis.router.planner.fetches import Fetch, Node, Slot
from trellis.router.planner.output import OutputBuilder
from trellis.router.planner.possible_types import PossibleTypes
from trellis.router.planner.query_plan import QueryPlan
from trellis.router.planner.tables import FederatedGraph
from trellis.router.planner.view import GraphView

MAX_OPTIONS = 50_000
"""Options looked at for one operation, at 4 to 16 microseconds each. The field's known benchmark of
planners (seven subgraphs that share nearly all of seven links of a type to itself, 340 selections)
takes 32,000, every other operation of the public graphs tried less than 1,500."""

SPARING_SIZE = 48
"""Operations with more different selection sets than this are planned sparingly (see
``choose.SPARING_LEADS``). Of 3,856 operations on public graphs one is that large."""

_VIEWS = 64


class Planner:
    """Plans operations against one supergraph. What it learns about the graph is kept, what it
    learns about an operation is not. One thread may plan at a time."""

    def __init__(self, graph: FederatedGraph, *, max_options: int = MAX_OPTIONS) -> None:
        self.graph = graph
        self.max_options = max_options
        self._choosers: dict[frozenset[str], Chooser] = {}

    def plan(
        self, operation: NormalizedOperation, labels: frozenset[str] = frozenset()
    ) -> QueryPlan:
        """The plan of ``operation`` with these override labels active.

        Raises PlanningLimit when it takes too long or grows too large, PlanningError when a field
        cannot be reached (the supergraph then is not satisfiable).
        """
        labels = labels & self.graph.labels
        planning = _Planning(self._chooser(labels), operation, self.max_options)
        try:
            if not planning.is_large:
                return planning.plan(labels)
            # Nearly all that is made stays until the plan is done: a quarter of the time went into
            # looking for garbage.
            with collector_paused():
                return planning.plan(labels)
        finally:
            planning.chooser.forget()

    def _chooser(self, labels: frozenset[str]) -> Chooser:
        found = self._choosers.get(labels)
        if found is None:
            if len(self._choosers) >= _VIEWS:
                self._choosers.clear()
            found = self._choosers[labels] = Chooser(GraphView(self.graph, labels))
        return found


class _Planning:
    """One operation on its way to a plan."""

    def __init__(self, shared: Chooser, operation: NormalizedOperation, max_options: int) -> None:
        self.operation = operation
        self.is_large = _size(operation.selection) > SPARING_SIZE
        self.view = shared.view
        self.chooser = Chooser(
            shared.view,
            shared,
            max_options=max_options,
            is_sparing=self.is_large,
        )
        self.emitter = Emitter(self.chooser)
        self.root_type = operation.selection.type

    def plan(self, labels: frozenset[str]) -> QueryPlan:
        operation = self.operation
        is_query = operation.kind == "query"
        slot = Slot(self.view, operation.selection.possible, is_apart=not is_query)
        asked = PossibleTypes(self.chooser).prune(operation.selection, self._root_spot())
        if is_query:
            self._plan_query(asked, slot)
        else:
            self._plan_serial(asked, slot)
        steps = build_steps(
            self.view,
            self.emitter.fetches,
            operation.kind,
            operation.definitions,
            operation.directives,
        )
        return QueryPlan(
            kind=operation.kind,
            steps=steps,
            output=OutputBuilder().build(operation.selection, slot),
            root_type=self.root_type,
            labels=labels,
            absent=tuple(self.emitter.absent),
        )

    def _plan_query(self, selection: SelectionSet, slot: Slot) -> None:
        solution = self._solve(selection.fields)

        def base(subgraph: int) -> Base:
            def make() -> tuple[Fetch, Node]:
                fetch = self.emitter.root_fetch(subgraph, self.root_type)
                return fetch, fetch.node

            return Base(subgraph, self.root_type, make)

        bases = tuple(base(holder.subgraph) for holder in self._root_spot())
        self.emitter.emit(solution, Position(slot, (), self.root_type, bases))

    def _plan_serial(self, selection: SelectionSet, slot: Slot) -> None:
        """Root fields of a mutation run one after another, each with everything below it before
        the next begins (GraphQL specification, "Normal and Serial Execution"); neighbours of one
        subgraph share a request. Each field is asked of exactly one subgraph."""
        previous: Fetch | None = None
        for asked in selection.fields:
            if asked.denied or asked.name.startswith("__"):
                continue
            option = self._best(asked, previous)
            subgraph = option.accesses[0].subgraph
            if previous is None or previous.subgraph != subgraph:
                earlier = set(self.emitter.fetches)
                previous = self.emitter.root_fetch(subgraph, self.root_type)
                previous.after |= earlier
            self._emit_serial(asked, option, previous, slot)

    def _best(self, asked: Field, previous: Fetch | None) -> Option:
        place = self.chooser.place(self.root_type, self._root_spot())
        options = self.chooser.options(asked, place, may_split=False)
        if not options:
            raise self._unreachable((asked,))
        current = previous.subgraph if previous is not None else -1
        return min(
            options,
            key=lambda o: (
                self.view.weight(o.mask) - (o.accesses[0].subgraph == current),
                o.round,
            ),
        )

    def _emit_serial(self, asked: Field, option: Option, fetch: Fetch, slot: Slot) -> None:
        pick = Pick(asked, option.accesses, self.root_type, option.child)
        bases = tuple(
            Base(holder.subgraph, self.root_type, lambda: (fetch, fetch.node))
            for holder in self._root_spot()
        )
        position = Position(slot, (), self.root_type, bases)
        self.emitter.emit(Solution(option.mask, option.round, (pick,)), position)

    def _solve(self, fields: tuple[Field, ...]) -> Solution:
        place = self.chooser.place(self.root_type, self._root_spot())
        solution = self.chooser.at_place(fields, place)
        if solution is None:
            # The last resort: positions where no object can be, by the schema.
            self.chooser.forget()
            self.chooser.accepts_absent = True
            place = self.chooser.place(self.root_type, self._root_spot())
            solution = self.chooser.at_place(fields, place)
        if solution is None:
            raise self._unreachable(fields)
        return solution

    def _root_spot(self) -> Spot:
        return tuple(
            Holder(subgraph, view, (), 0, 1 << subgraph)
            for subgraph, view in self.view.homes(self.root_type)
        )

    def _unreachable(self, fields: tuple[Field, ...]) -> PlanningError:
        place = self.chooser.place(self.root_type, self._root_spot())
        names = [
            f.key for f in fields if not f.denied and self.chooser.at_place((f,), place) is None
        ]
        shown = ", ".join(names[:5])
        return PlanningError(
            f"No subgraph can answer all of {shown!r} on {self.root_type}: the supergraph is not"
            " satisfiable for this operation. Compose it again and check the errors."
        )


def _size(root: SelectionSet) -> int:
    """How many different selection sets there are."""
    seen = {root}
    pending = [root]
    while pending:
        for each in pending.pop().fields:
            below = each.selection
            if below is not None and below not in seen:
                seen.add(below)
                pending.append(below)
    return len(seen)
